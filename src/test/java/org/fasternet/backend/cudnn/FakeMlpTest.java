package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.FloatPointer;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.backend.cudnn.FakeCuda.Field;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.Network;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A block's two 1x1 convolutions as one kernel, in whole networks on a fake of CUDA, which runs the kernel's own source. */
@Tag("fake-cuda")
@Isolated("the folder of plans is the process's")
class FakeMlpTest {
    /** 256 and 64 pixels, 40 and 80 channels. */
    private static final FasterNet NETWORK = FasterNet.random(
            new FasterNetConfig(3, 40, List.of(2, 1), 4, 2, 16, 10, Activation.GELU, false, true, false), 1);
    private static final Shape SRC = new Shape(1, 3, 64, 64);

    @TempDir
    private Path folder;
    private final String cache = System.getProperty(PlanCache.PROPERTY);
    private int programs;

    @AfterEach
    void keepPlansWhereTheyWere() {
        System.setProperty(PlanCache.PROPERTY, cache);
    }

    private CudnnProgram compile(FasterNet network, Shape src, Precision precision, boolean tuning, CudnnProgram.Timer timer) {
        ProgramSpec spec = new ProgramSpec(Network.of(network.layers()), src, ElementType.F32, Layout.nchw(src), ElementType.F32, false,
                precision, Optional.empty(), 1, 0, 0, tuning);
        return CudnnProgram.compile(spec, timer);
    }

    /** With no choice made before. */
    private CudnnProgram tuned(FasterNet network, Shape src, Precision precision, CudnnProgram.Timer timer) {
        System.setProperty(PlanCache.PROPERTY, folder.resolve("plans" + programs++).toString());
        return compile(network, src, precision, true, timer);
    }

    private static boolean isOurs(String implementation) {
        return implementation.startsWith("cuda:mlp_");
    }

    private static List<String> ours(CudnnProgram program) {
        return program.plan().steps().stream().map(ExecutionPlan.Step::implementation).filter(FakeMlpTest::isOurs).toList();
    }

    private static float[] run(CudnnProgram program, float[] src) {
        FloatBuffer from = Golden.direct(src);
        FloatBuffer to = Golden.floats(program.dsts().get(0).shape().elements());
        program.bind(0, new FloatPointer(from).address());
        program.bind(1, new FloatPointer(to).address());
        program.run();
        program.run();
        return Golden.array(to);
    }

    private static float[] pixels(Shape src) {
        float[] values = new float[src.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101 - 50) / 40f;
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"nano-relu, F16", "nano-relu, BF16", "odd-gelu, F16", "odd-gelu, BF16", "layer-scale, F16", "three-stages-gray, F16"})
    void logitsAreThoseOfPyTorch(String name, Precision precision) {
        Tensor input = Golden.npy(name + "/input.npy");
        FasterNet network = FasterNet.load(Golden.file(name + "/official.pth"));
        long blocks = network.layers().stream().filter(named -> named.name().contains("blocks")).count();
        try (CudnnProgram program = tuned(network, Golden.shape(input), precision, (stream, way) -> isOurs(way.implementation()) ? 1 : 2)) {
            assertEquals(blocks, ours(program).size());
            Golden.assertClose(Golden.npy(name + "/logits.npy").data(), run(program, input.data()), precision);
            assertTrue(program.plan().steps().stream().filter(step -> isOurs(step.implementation()))
                    .allMatch(step -> step.kernels() == 1 && step.label().endsWith(" expand + project")), program.plan()::toString);
        }
    }

    /** All that a device of four multiprocessors is offered, so that tiles are shared and weights are loaded in chunks. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"F16", "BF16"})
    void everyTilingComputesTheSame(Precision precision) {
        float[] src = pixels(SRC);
        Set<String> offered = new TreeSet<>();
        float[] expected;
        try (CudnnProgram program = tuned(NETWORK, SRC, precision, (stream, way) -> {
            offered.add(way.implementation());
            return isOurs(way.implementation()) ? 2 : 1;
        })) {
            assertEquals(List.of(), ours(program));
            expected = run(program, src);
        }
        offered.removeIf(implementation -> !isOurs(implementation));
        assertTrue(offered.size() > 12 && offered.stream().anyMatch(way -> way.contains("x4x")), offered::toString);
        for (String wanted : offered) {
            try (CudnnProgram program = tuned(NETWORK, SRC, precision, (stream, way) -> way.implementation().equals(wanted) ? 0 : 1)) {
                assertTrue(ours(program).contains(wanted), () -> wanted + " is not in " + program.plan());
                Golden.assertClose(expected, run(program, src), precision);
            }
        }
    }

    /** The choice is on disk: nothing is measured again, and without tuning cuDNN's plans are taken. */
    @Test
    void aChoiceIsKept() {
        List<String> chosen;
        try (CudnnProgram program = tuned(NETWORK, SRC, Precision.F16, (stream, way) -> isOurs(way.implementation()) ? 1 : 2)) {
            chosen = ours(program);
        }
        assertEquals(3, chosen.size());
        CudnnProgram.Timer none = (stream, way) -> {
            throw new AssertionError("measured again: " + way.implementation());
        };
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, true, none)) {
            assertEquals(chosen, ours(program));
        }
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, false, none)) {
            assertEquals(List.of(), ours(program));
        }
        assertThrows(AssertionError.class, () -> compile(NETWORK, SRC, Precision.BF16, true, none));
    }

    /** f32 and tf32 have no such kernel, nor have devices before Ampere. */
    @Test
    void otherPrecisionsAndDevicesAreNotOfferedIt() {
        for (Precision precision : List.of(Precision.F32, Precision.TF32)) {
            try (CudnnProgram program = tuned(NETWORK, SRC, precision, (stream, way) -> isOurs(way.implementation()) ? 1 : 2)) {
                assertEquals(List.of(), ours(program));
            }
        }
        assertTrue(MlpKernel.computes(Precision.F16, 80));
        assertEquals(false, MlpKernel.computes(Precision.F16, 75));
    }

    /** Activations are zero again after tuning, and a program with shared tiles leaves no memory behind. */
    @Test
    void nothingIsLeftOfTuning() {
        long before = Field.DEVICE_BYTES.get();
        float[] first;
        try (CudnnProgram program = tuned(NETWORK, SRC, Precision.F16, (stream, way) -> way.implementation().contains("x4x") ? 1 : 2)) {
            assertEquals(3, ours(program).size());
            first = run(program, pixels(SRC));
        }
        assertEquals(before, Field.DEVICE_BYTES.get());
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, true, null)) {
            assertArrayEquals(first, run(program, pixels(SRC)));
        }
    }
}
