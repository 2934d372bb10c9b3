package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.fasternet.backend.Backends;
import org.fasternet.backend.spi.Backend;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;

/** The back ends that a test is run on, and what must be true of all they compile. */
public final class TestBackends {
    private TestBackends() {}

    /**
     * Names of all back ends on the CPU, but oneDNN's where only our own ISA is capped: it would do there once more what it does
     * without a cap. On the fake of CUDA, the GPU's. One that cannot be used here makes its tests fail, as it should.
     */
    public static List<String> names() {
        Set<String> environment = System.getenv().keySet();
        if (environment.contains("FAKE_CUDA")) {
            return List.of("cudnn");
        }
        boolean onlyOursIsCapped = environment.contains("FASTERNET_MAX_ISA") && !environment.contains("ONEDNN_MAX_CPU_ISA");
        return onlyOursIsCapped ? List.of("fused") : List.of("fused", "onednn");
    }

    public static Backend named(String name) {
        return Backends.all().stream().filter(b -> b.name().equals(name)).findFirst().orElseThrow();
    }

    public static boolean has(String name, Precision precision) {
        return named(name).refuses(precision).isEmpty();
    }

    public static boolean onGpu(String name) {
        return named(name).processor() == Processor.GPU;
    }

    /** oneDNN of the presets, without Arm's library of kernels, computes much by reference code there. */
    public static boolean isSlow(String name) {
        return name.equals("onednn") && System.getProperty("os.arch").equals("aarch64");
    }

    /** That the back end asked for runs, on the ISA it says it uses, without reference code. */
    public static void assertRuns(String name, ExecutionPlan plan) {
        assertEquals(name, plan.backend());
        assertEquals(named(name).isa(), plan.isa());
        for (ExecutionPlan.Step step : plan.steps()) {
            assertTrue(!step.isReference() || isSlow(name), step::toString);
            assertTrue(!name.equals("fused") || step.implementation().equals("fused:" + plan.isa()), step::toString);
        }
    }
}
