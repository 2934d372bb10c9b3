package org.fasternet.backend.cudnn;

import static org.fasternet.backend.cudnn.SmallModel.CLASSES;
import static org.fasternet.backend.cudnn.SmallModel.MODEL;
import static org.fasternet.backend.cudnn.SmallModel.SRC;
import static org.fasternet.backend.cudnn.SmallModel.loadAndRun;
import static org.fasternet.backend.cudnn.SmallModel.options;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.fasternet.DeviceBuffer;
import org.fasternet.DevicePeaks;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.Kernel;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.backend.cudnn.FakeCuda.Field;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.compute.Precision;
import org.fasternet.error.NativeException;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The back end on a fake of CUDA: what it counts, and what it does when a call fails. */
@Tag("fake-cuda")
@Isolated("what the fake counts is the process's")
class FakeCudaTest {
    private static final String LOST =
            "; the device is lost to this process, for all its sessions: close them, and start the process anew";
    private final String cache = System.getProperty(PlanCache.PROPERTY);

    /** What lives as long as the process, such as the kernels, is there before a test counts. */
    @BeforeAll
    static void once() {
        loadAndRun(Precision.F16);
    }

    /** Every plan is made, unless a test says where to keep them. */
    @BeforeEach
    void keepNoPlans() {
        System.setProperty(PlanCache.PROPERTY, "/dev/null/no-folder");
    }

    @AfterEach
    void heal() {
        FakeCuda.heal();
        System.setProperty(PlanCache.PROPERTY, cache);
    }

    private static List<Long> held() {
        return List.of(Field.DEVICE_BYTES.get(), Field.PINNED_BYTES.get(), Field.OBJECTS.get());
    }

    @Test
    void aNetworkIsOneGraphAndARunOneLaunchOfIt() {
        try (Session session = MODEL.session(options(Precision.F16))) {
            FloatBuffer dst = Golden.floats(CLASSES);
            long graphs = Field.GRAPHS.get();
            long launches = Field.LAUNCHES.get();
            long calls = 0;
            for (int run = 0; run < 5; run++) {
                calls = Field.CALLS.get();
                session.run(SRC, dst);
            }
            assertEquals(1, Field.GRAPHS.get() - graphs);
            assertEquals(5, Field.LAUNCHES.get() - launches);
            assertEquals(3, Field.CALLS.get() - calls, "the device chosen, a launch, a wait");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "BF16"})
    void aBlockIsThreeKernelsAndNoCopy(Precision precision) {
        try (Session session = MODEL.session(options(precision))) {
            List<ExecutionPlan.Step> steps = session.plan().steps();
            Predicate<ExecutionPlan.Step> inBlock = step -> step.label().startsWith("stages.0.blocks.0 ");
            assertEquals(3, steps.stream().filter(inBlock).count(), steps::toString);
            assertTrue(steps.stream().allMatch(step -> step.kernels() == 0), "no run has recorded them");
            long kernels = Field.KERNELS.get();
            session.run(SRC, Golden.floats(CLASSES));
            assertEquals(3L * steps.size(), Field.KERNELS.get() - kernels, "to load them, for the graph, and to be counted");
            assertTrue(session.plan().steps().stream().allMatch(step -> step.kernels() == 1), session.plan()::toString);
        }
    }

    /** Out of memory, after which the device goes on, and a launch failure, after which it does not. */
    @ParameterizedTest
    @ValueSource(ints = {FakeCuda.OUT_OF_MEMORY, FakeCuda.LAUNCH_FAILURE})
    void everyCallFailsInTurnAndNothingIsLeftBehind(int status) {
        List<Long> before = held();
        long start = Field.CALLS.get();
        loadAndRun(Precision.F16);
        long calls = Field.CALLS.get() - start;
        assertTrue(calls > 500, calls + " calls");
        assertEquals(before, held());
        List<String> wrong = new ArrayList<>();
        // The last one chooses the device for what is released, which happens in any case.
        for (long call = 1; call < calls; call++) {
            FakeCuda.failAt(call, status);
            RuntimeException failure = null;
            try {
                loadAndRun(Precision.F16);
            } catch (NativeException | UnsupportedException e) {
                failure = e;
            }
            FakeCuda.heal();
            if (failure == null || !held().equals(before)) {
                wrong.add(call + " " + FakeCuda.failed() + ": " + failure + ", held " + held() + " instead of " + before);
            }
        }
        assertTrue(wrong.isEmpty(), () -> wrong.size() + " of " + calls + ": " + wrong.subList(0, Math.min(20, wrong.size())));
        loadAndRun(Precision.F16);
    }

    /** Of another batch, size and kind of input: all but the first layer's weights for pixels are there already. */
    @Test
    void sessionsOfAModelShareItsWeights() {
        FasterNet model = FasterNet.random(MODEL.config(), 2);
        long before = Field.DEVICE_BYTES.get();
        try (Session one = model.session(options(Precision.F16))) {
            long weights = one.plan().weightBytes();
            long first = Field.DEVICE_BYTES.get() - before;
            try (Session same = model.session(options(Precision.F16).withBatch(2).withSize(12, 16))) {
                assertEquals(weights, same.plan().weightBytes());
                long arena = same.plan().arenaBytes();
                assertEquals(arena, Field.DEVICE_BYTES.get() - before - first);
                try (Session pixels = model.session(options(Precision.F16).withPixels())) {
                    long places = 8 + 16; // of 4 channels that are convolved and 12 others, padded to 8
                    long embedding = places * 3 * 4 * 4 * Short.BYTES + places * Float.BYTES;
                    assertEquals(weights + embedding, pixels.plan().weightBytes());
                }
                long held = Field.DEVICE_BYTES.get();
                try (Session other = model.session(options(Precision.BF16))) {
                    assertEquals(weights + other.plan().arenaBytes(), Field.DEVICE_BYTES.get() - held);
                }
            }
            FloatBuffer dst = Golden.floats(CLASSES);
            one.run(SRC, dst);
        }
        assertEquals(before, Field.DEVICE_BYTES.get());
    }

    /** As {@code y += w x} on device memory, of 16-bit numbers, and in place. */
    @Test
    void aKernelRunsOnDeviceMemory() {
        Shape shape = new Shape(1, 8, 2, 3);
        float[] weights = Golden.array(Buffers.random(new Shape(1, 8, 8, 1), 3));
        ByteBuffer values = Buffers.bytes(shape.elements() * (long) Short.BYTES);
        DType.F16.encode(Golden.array(Buffers.random(shape, 5)), 0, shape.elements(), values);
        ShortBuffer src = values.rewind().asShortBuffer();
        ShortBuffer expected = Buffers.bytes(src.capacity() * 2L).asShortBuffer();
        ShortBuffer found = Buffers.bytes(src.capacity() * 2L).asShortBuffer();
        SessionOptions options = SessionOptions.defaults().withBackend("cudnn").withPrecision(Precision.F16);
        try (Kernel kernel = Kernel.compile(Pointwise.of(8, 8, weights), shape, options);
                DeviceBuffer x = DeviceBuffer.allocate(src.capacity() * 2L); DeviceBuffer y = DeviceBuffer.allocate(src.capacity() * 2L)) {
            kernel.run(src, expected);
            x.copyFrom(src);
            kernel.run(x, y);
            y.copyTo(found);
            assertEquals(expected, found);
            assertThrows(ShapeException.class, () -> kernel.run(x));
        }
        PartialConv partial = new PartialConv(8, new Tensor(new int[] {2, 2, 3, 3}, Arrays.copyOf(weights, 36)));
        try (Kernel inPlace = Kernel.compileInPlace(partial, shape, options); DeviceBuffer x = DeviceBuffer.allocate(src.capacity() * 2L)) {
            x.copyFrom(src);
            inPlace.run(x);
            x.copyTo(found);
            inPlace.run(src);
            assertEquals(src, found);
        }
    }

    @Test
    void whatADeviceBufferCannotCopyIsRefused() {
        try (DeviceBuffer memory = DeviceBuffer.allocate(16)) {
            for (Buffer wrong : List.of(Buffers.bytes(17), Buffers.bytes(40).asLongBuffer(), FloatBuffer.allocate(4),
                    ByteBuffer.allocateDirect(16).order(ByteOrder.BIG_ENDIAN).asShortBuffer())) {
                assertThrows(ShapeException.class, () -> memory.copyFrom(wrong), wrong::toString);
                assertThrows(ShapeException.class, () -> memory.copyTo(wrong), wrong::toString);
            }
            assertThrows(ShapeException.class, () -> memory.copyTo(Buffers.bytes(16).asReadOnlyBuffer()));
            ByteBuffer bytes = Buffers.bytes(16).put(15, (byte) 7);
            memory.copyFrom(bytes);
            memory.copyFrom(bytes.duplicate().position(15));
            ByteBuffer back = Buffers.bytes(16);
            memory.copyTo(back);
            assertEquals(bytes.put(0, (byte) 7), back);
        }
    }

    /** Of the loops, how much they do in how much time; what they compute is the C++ tests' business. */
    @Test
    void peaksAreMeasuredAndLeaveNothingBehind() {
        List<Long> before = held();
        DevicePeaks peaks = new DevicePeaks(0, 3, Duration.ofNanos(100_000));
        assertEquals(8 << 10, peaks.cacheBytes());
        assertTrue(peaks.freeBytes() > 1 << 30);
        long compiled = Field.COMPILATIONS.get();
        for (MemoryKernel kernel : MemoryKernel.values()) {
            List<Double> rates = peaks.memory(kernel, 3 << 20);
            assertEquals(3, rates.size());
            // The fake runs them on one core.
            assertTrue(rates.stream().allMatch(rate -> rate > 1e6 && rate < 1e12), kernel + ": " + rates);
        }
        assertTrue(peaks.multiplyAdds().stream().allMatch(rate -> rate > 1e6 && rate < 1e12));
        assertEquals(1, Field.COMPILATIONS.get() - compiled);
        assertEquals(before, held());
        assertThrows(NativeException.class, () -> peaks.memory(MemoryKernel.COPY, 1L << 40));
        assertThrows(UnsupportedException.class, () -> new DevicePeaks(1, 1, Duration.ofSeconds(1)).multiplyAdds());
        assertThrows(UnsupportedException.class, () -> new DevicePeaks(0, 0, Duration.ofSeconds(1)));
        assertEquals(before, held());
    }

    /** Nothing is allocated for buffers that the device reaches itself; they outlive the session, and go when nobody has them. */
    @Test
    void pinnedBuffersNeedNoStaging() throws InterruptedException {
        float[] values = Golden.array(Buffers.random(new Shape(1, 3, 8, 8), 4));
        FloatBuffer expected = Golden.floats(CLASSES);
        long pinned = Field.PINNED_BYTES.get();
        try (Session session = MODEL.session(options(Precision.F16))) {
            session.run(Golden.direct(values), expected);
            long staging = (values.length + CLASSES) * (long) Float.BYTES;
            assertEquals(staging, Field.PINNED_BYTES.get() - pinned);
        }
        runOnPinned(values, Golden.array(expected));
        for (int wait = 0; wait < 100 && Field.PINNED_BYTES.get() > pinned; wait++) {
            System.gc();
            Thread.sleep(20);
        }
        assertEquals(pinned, Field.PINNED_BYTES.get());
    }

    private static void runOnPinned(float[] values, float[] expected) {
        FloatBuffer dst;
        try (Session session = MODEL.session(options(Precision.F16))) {
            FloatBuffer src = session.allocate(values.length * (long) Float.BYTES).asFloatBuffer().put(values).flip();
            dst = session.allocate(CLASSES * (long) Float.BYTES).asFloatBuffer();
            long allocated = Field.PINNED_BYTES.get();
            session.run(src, dst);
            assertArrayEquals(expected, Golden.array(dst));
            src.put(0, src.get(0) + 1);
            session.run(src, dst);
            assertEquals(allocated, Field.PINNED_BYTES.get());
            float[] moved = Golden.array(dst);
            // Other buffers of both kinds, and back.
            session.run(Golden.direct(values), dst);
            assertArrayEquals(expected, Golden.array(dst));
            FloatBuffer staged = Golden.floats(CLASSES);
            session.run(src, staged);
            assertArrayEquals(moved, Golden.array(staged));
            assertThrows(ShapeException.class, () -> session.allocate(1L << 31));
        }
        assertTrue(dst.get(0) != 0);
    }

    @Test
    void aDeviceIsUsedOrRefused() {
        Field.DEVICES.set(2);
        try (Session second = MODEL.session(options(Precision.F16).withDevice(1))) {
            second.run(SRC, Golden.floats(CLASSES));
            UnsupportedException third =
                    assertThrows(UnsupportedException.class, () -> MODEL.session(options(Precision.F16).withDevice(2)));
            assertEquals("device 2 was asked for, and this process may use 2, devices 0 to 1 (CUDA_VISIBLE_DEVICES chooses them)",
                    third.getMessage());
            assertThrows(UnsupportedException.class, () -> DeviceBuffer.allocate(16, -1));
            DeviceBuffer.allocate(16, 1).close();
        } finally {
            Field.DEVICES.set(1);
        }
        UnsupportedException onCpu = assertThrows(UnsupportedException.class,
                () -> MODEL.session(SessionOptions.defaults().withBackend("fused").withDevice(0)));
        assertEquals("device 0 was asked for, and the back end fused computes on the CPU: cudnn takes it", onCpu.getMessage());
    }

    @Test
    void tooLittleMemoryIsToldWithWhatIsFree() {
        long limit = Field.DEVICE_LIMIT.get();
        Field.DEVICE_LIMIT.set(Field.DEVICE_BYTES.get() + 20_000);
        NativeException refused = assertThrows(NativeException.class, () -> loadAndRun(Precision.F16));
        Field.DEVICE_LIMIT.set(limit);
        assertTrue(refused.getMessage().matches("CUDA could not allocate \\d+ bytes of device memory for the weights of stages\\..*, "
                + "\\d+ of its \\d+ are free: out of memory \\(error 2\\)"), refused.getMessage());
    }

    /** The step whose kernel failed is named, and every other session of the process says what has become of the device. */
    @Test
    void afterAKernelFailedNoSessionWorksAnyMore() {
        FloatBuffer dst = Golden.floats(CLASSES);
        try (Session session = MODEL.session(options(Precision.F16)); Session other = MODEL.session(options(Precision.F16))) {
            other.run(SRC, dst);
            // Of each buffer the device, whose memory it is and memory before it; the device again; then each step's launch and wait.
            FakeCuda.failAt(2 * 3 + 1 + 2, FakeCuda.LAUNCH_FAILURE);
            NativeException failed = assertThrows(NativeException.class, () -> session.run(SRC, dst));
            assertEquals("CUDA could not run patch_embed patches: unspecified launch failure (error 719)" + LOST, failed.getMessage());
            NativeException neighbour = assertThrows(NativeException.class, () -> other.run(SRC, dst));
            assertTrue(neighbour.getMessage().endsWith(LOST), neighbour.getMessage());
            NativeException opened = assertThrows(NativeException.class, () -> MODEL.session(options(Precision.F16)));
            assertTrue(opened.getMessage().endsWith(LOST), opened.getMessage());
        }
        FakeCuda.heal();
        loadAndRun(Precision.F16);
    }
}
