package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.fasternet.FasterNet;
import org.fasternet.ForkedJvm;
import org.fasternet.Golden;
import org.fasternet.backend.cudnn.FakeCuda.Field;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
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

/** The kernels that only tuning chooses, in whole networks on a fake of CUDA, which runs their own source. */
@Tag("fake-cuda")
@Isolated("the folder of plans is the process's")
class FakeTuningTest {
    /** 256 and 64 pixels, 40 and 80 channels: two pairs of blocks, and one that is left. */
    private static final FasterNet NETWORK = FasterNet.random(
            new FasterNetConfig(3, 40, List.of(3, 2), 4, 2, 16, 10, Activation.GELU, false, true, false), 1);
    private static final Shape SRC = new Shape(1, 3, 64, 64);
    private static final CudnnProgram.Timer FOR_OURS =
            (stream, way) -> Specs.isOffered(way.implementation()) || Specs.isEarly(way.implementation()) ? 1 : 2;

    @TempDir
    private Path folder;
    private final String cache = System.getProperty(PlanCache.PROPERTY);
    private int programs;

    @AfterEach
    void keepPlansWhereTheyWere() {
        System.setProperty(PlanCache.PROPERTY, cache);
    }

    private CudnnProgram compile(FasterNet network, Shape src, Precision precision, boolean tuning, CudnnProgram.Timer timer) {
        return CudnnProgram.compile(Specs.of(network.layers(), src, precision, tuning), timer);
    }

    /** With no choice made before. */
    private CudnnProgram tuned(FasterNet network, Shape src, Precision precision, CudnnProgram.Timer timer) {
        System.setProperty(PlanCache.PROPERTY, folder.resolve("plans" + programs++).toString());
        return compile(network, src, precision, true, timer);
    }

    private static boolean isMlp(String implementation) {
        return implementation.startsWith("cuda:mlp_");
    }

    /** Two of them. */
    private static boolean isBlocks(String implementation) {
        return implementation.startsWith("cuda:block_");
    }

    private static boolean isTiled(String implementation) {
        return isMlp(implementation) || isBlocks(implementation);
    }

    private static List<String> implementations(CudnnProgram program) {
        return program.plan().steps().stream().map(ExecutionPlan.Step::implementation).toList();
    }

    private static List<String> tiled(CudnnProgram program) {
        return implementations(program).stream().filter(FakeTuningTest::isTiled).toList();
    }

    private static float[] run(CudnnProgram program, float[] src) {
        FloatBuffer from = Golden.direct(src);
        return run(program, new FloatPointer(from).address());
    }

    private static float[] run(CudnnProgram program, long src) {
        FloatBuffer to = Golden.floats(program.dsts().get(0).shape().elements());
        program.bind(0, src);
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
        try (CudnnProgram program = tuned(network, Golden.shape(input), precision, FOR_OURS)) {
            List<String> tiled = tiled(program);
            assertEquals(blocks, tiled.size() + tiled.stream().filter(FakeTuningTest::isBlocks).count());
            Golden.assertClose(Golden.npy(name + "/logits.npy").data(), run(program, input.data()), precision);
            List<ExecutionPlan.Step> steps = program.plan().steps();
            assertTrue(steps.stream().filter(step -> isBlocks(step.implementation()))
                    .allMatch(step -> step.kernels() == 2), steps::toString);
            assertTrue(steps.stream().filter(step -> isMlp(step.implementation()))
                    .allMatch(step -> step.kernels() == 1 && step.label().endsWith(" expand + project")), steps::toString);
            assertEquals("cuda:embed_f32_" + precision.id(), steps.get(0).implementation());
            ExecutionPlan.Step last = steps.get(steps.size() - 1);
            assertEquals("cuda:dense_" + precision.id() + "_f32, early", last.implementation());
            assertTrue(last.label().endsWith(" + dst") && last.kernels() == 1, last::toString);
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
            return Specs.only(none -> false).micros(stream, way);
        })) {
            assertEquals(List.of(), tiled(program));
            expected = run(program, src);
        }
        offered.removeIf(implementation -> !isTiled(implementation));
        for (Predicate<String> kind : List.<Predicate<String>>of(FakeTuningTest::isMlp, FakeTuningTest::isBlocks)) {
            List<String> ways = offered.stream().filter(kind).toList();
            assertTrue(ways.size() > 8 && ways.stream().anyMatch(way -> way.contains("x4x")), ways::toString);
        }
        for (String wanted : offered) {
            try (CudnnProgram program = tuned(NETWORK, SRC, precision, Specs.only(wanted::equals))) {
                assertEquals(Set.of(wanted), Set.copyOf(tiled(program)), () -> wanted + " in " + program.plan());
                Golden.assertClose(expected, run(program, src), precision);
            }
        }
    }

    /** The choice is on disk: nothing is measured again, and without tuning cuDNN's plans are taken. */
    @Test
    void aChoiceIsKept() {
        List<String> chosen;
        try (CudnnProgram program = tuned(NETWORK, SRC, Precision.F16, FOR_OURS)) {
            chosen = tiled(program);
        }
        assertEquals(3, chosen.size());
        CudnnProgram.Timer none = (stream, way) -> {
            throw new AssertionError("measured again: " + way.implementation());
        };
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, true, none)) {
            assertEquals(chosen, tiled(program));
        }
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, false, none)) {
            assertEquals(List.of(), tiled(program));
        }
        assertThrows(AssertionError.class, () -> compile(NETWORK, SRC, Precision.BF16, true, none));
    }

    /** Each kernel of ours but the first, before which comes the copy from the host; not while steps are timed, nor outside of a graph. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"F32", "F16"})
    void kernelsAreLaunchedEarlyWhereThatIsFaster(Precision precision) {
        float[] src = pixels(SRC);
        float[] inTurn;
        try (CudnnProgram program = tuned(NETWORK, SRC, precision, (stream, way) -> Specs.isEarly(way.implementation()) ? 2 : 1)) {
            long before = Field.EARLY.get();
            inTurn = run(program, src);
            assertEquals(0, Field.EARLY.get() - before);
            assertTrue(implementations(program).stream().noneMatch(Specs::isEarly));
        }
        try (CudnnProgram program = tuned(NETWORK, SRC, precision, (stream, way) -> Specs.isEarly(way.implementation()) ? 1 : 2)) {
            long before = Field.EARLY.get();
            assertArrayEquals(inTurn, run(program, src));
            List<String> steps = implementations(program);
            assertEquals(steps.stream().skip(1).filter(step -> step.startsWith(Prepared.OURS)).toList(),
                    steps.stream().filter(Specs::isEarly).toList());
            long early = program.plan().steps().stream().filter(step -> Specs.isEarly(step.implementation()))
                    .mapToInt(ExecutionPlan.Step::kernels).sum();
            assertTrue(early > 3, steps::toString);
            assertEquals(early, Field.EARLY.get() - before);
            program.profile(true);
            assertArrayEquals(inTurn, run(program, src));
            assertEquals(early, Field.EARLY.get() - before, "between events");
        }
    }

    static final class Tuned {
        public static void main(String[] arguments) {
            CudnnProgram.Timer early = (stream, way) -> Specs.isEarly(way.implementation()) ? 1 : 2;
            try (CudnnProgram program = CudnnProgram.compile(Specs.of(NETWORK.layers(), SRC, Precision.F16, true), early)) {
                System.out.println(implementations(program));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"80, false", "90, true", "120, true"})
    void nothingIsLaunchedEarlyBeforeHopper(String capability, boolean early) throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of("FAKE_CUDA_CAPABILITY", capability), List.of("-D" + PlanCache.PROPERTY + "=" + folder), Tuned.class);
        assertEquals(0, result.status(), result.output());
        assertEquals(early, result.output().contains(", early"), result.output());
    }

    /** Of blocks f32 and tf32 have no such kernel, nor have devices before Ampere; the head is not for tf32. */
    @Test
    void otherPrecisionsAndDevicesAreOfferedLess() {
        for (Precision precision : List.of(Precision.F32, Precision.TF32)) {
            try (CudnnProgram program = tuned(NETWORK, SRC, precision, FOR_OURS)) {
                List<String> ours = implementations(program).stream().filter(Specs::isOffered).toList();
                String head = "cuda:dense_f32_f32, early";
                assertEquals(precision == Precision.F32 ? List.of(head, head) : List.of(), ours);
            }
        }
        assertTrue(Launches.hasMatrixKernels(Precision.F16, 80));
        assertFalse(Launches.hasMatrixKernels(Precision.F16, 75));
    }

    /** Rows of a picture, each with four bytes that belong to none. */
    @Test
    void pixelsOfEightBitsAreEmbedded() {
        Shape src = new Shape(2, 3, 17, 23);
        Layout rows = Layout.rows(src, 23 * 3 + 4);
        ByteBuffer pixels = ByteBuffer.allocateDirect(2 * 17 * (23 * 3 + 4));
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) (i * 37));
        }
        List<float[]> logits = new ArrayList<>();
        for (boolean ours : new boolean[] {false, true}) {
            System.setProperty(PlanCache.PROPERTY, folder.resolve("pixels" + ours).toString());
            ProgramSpec spec = Specs.of(NETWORK.layers(), src, ElementType.U8, rows, Precision.F16, true);
            try (CudnnProgram program = CudnnProgram.compile(spec, (stream, way) -> Specs.isOffered(way.implementation()) == ours ? 1 : 2)) {
                assertEquals(ours, program.plan().steps().get(0).implementation().equals("cuda:embed_u8_f16"));
                logits.add(run(program, new BytePointer(pixels).address()));
            }
        }
        Golden.assertClose(logits.get(0), logits.get(1), Precision.F16);
    }

    /** Its weights would be read once for each. */
    @Test
    void manyImagesKeepTheirProducts() {
        Shape src = new Shape(17, 3, 8, 8);
        try (CudnnProgram program = tuned(NETWORK, src, Precision.F32, FOR_OURS)) {
            assertTrue(implementations(program).stream().noneMatch(Specs::isOffered), program.plan()::toString);
        }
    }

    @Test
    void onlyWhatWasChosenStaysOnTheDevice() {
        long before = Field.DEVICE_BYTES.get();
        long untuned;
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, false, null)) {
            untuned = Field.DEVICE_BYTES.get() - before;
        }
        try (CudnnProgram program = tuned(NETWORK, SRC, Precision.F16, Specs.only(none -> false))) {
            // And a count of tiles for each of four multiprocessors.
            assertEquals(untuned + 4 * Integer.BYTES, Field.DEVICE_BYTES.get() - before);
        }
    }

    /** Activations are zero again after tuning, and a program with shared tiles leaves no memory behind. */
    @Test
    void nothingIsLeftOfTuning() {
        long before = Field.DEVICE_BYTES.get();
        float[] first;
        try (CudnnProgram program = tuned(NETWORK, SRC, Precision.F16, (stream, way) -> way.implementation().contains("x4x") ? 1 : 2)) {
            assertEquals(3, tiled(program).size());
            first = run(program, pixels(SRC));
        }
        assertEquals(before, Field.DEVICE_BYTES.get());
        try (CudnnProgram program = compile(NETWORK, SRC, Precision.F16, true, null)) {
            assertArrayEquals(first, run(program, pixels(SRC)));
        }
    }

    /** As in a session without tuning, where each of all calls fails: here it is one in seven, of many that are alike. */
    @Test
    void callsFailInTurnAndNothingIsLeftBehind() {
        Shape src = new Shape(1, 3, 8, 8);
        System.setProperty(PlanCache.PROPERTY, "/dev/null/no-folder");
        Runnable work = () -> {
            try (CudnnProgram program = compile(SmallModel.MODEL, src, Precision.F16, true, FOR_OURS)) {
                run(program, pixels(src));
            }
        };
        work.run();
        List<Long> before = List.of(Field.DEVICE_BYTES.get(), Field.PINNED_BYTES.get(), Field.OBJECTS.get());
        long start = Field.CALLS.get();
        work.run();
        long calls = Field.CALLS.get() - start;
        assertTrue(calls > 500, calls + " calls");
        for (long call = 1; call < calls; call += 7) {
            FakeCuda.failAt(call, FakeCuda.OUT_OF_MEMORY);
            RuntimeException failure = null;
            try {
                work.run();
            } catch (NativeException | UnsupportedException e) {
                failure = e;
            }
            FakeCuda.heal();
            String where = call + " " + FakeCuda.failed() + ": " + failure;
            assertTrue(failure != null, where);
            assertEquals(before, List.of(Field.DEVICE_BYTES.get(), Field.PINNED_BYTES.get(), Field.OBJECTS.get()), where);
        }
    }
}
