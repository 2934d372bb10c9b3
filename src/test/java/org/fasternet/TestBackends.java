package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Backends;

/** The back ends that a test is run on, and what must be true of all they compile. */
public final class TestBackends {
    private TestBackends() {}

    /** Names of all back ends. One that cannot be used here makes its tests fail, as it should. */
    public static List<String> names() {
        return List.of("fused", "onednn");
    }

    public static Backend named(String name) {
        return Backends.all().stream().filter(b -> b.name().equals(name)).findFirst().orElseThrow();
    }

    public static boolean has(String name, Precision precision) {
        return named(name).refuses(precision).isEmpty();
    }

    /** That the back end asked for runs, on the ISA it says it uses, without reference code. */
    public static void assertRuns(String name, ExecutionPlan plan) {
        assertEquals(name, plan.backend());
        assertEquals(named(name).isa(), plan.isa());
        for (ExecutionPlan.Step step : plan.steps()) {
            assertTrue(!step.isReference(), step::toString);
            assertTrue(!name.equals("fused") || step.implementation().equals("fused:" + plan.isa()), step::toString);
        }
    }
}
