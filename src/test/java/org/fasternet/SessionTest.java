package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.image.Preprocessing;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class SessionTest {
    private static final FasterNet NANO = FasterNet.load(Golden.file("nano-relu/official.pth"));
    private static final Tensor INPUT = Golden.npy("nano-relu/input.npy");

    private final String backend;
    private final SessionOptions options;

    SessionTest(String backend) {
        this.backend = backend;
        options = options(backend);
    }

    private static SessionOptions options(String backend) {
        return SessionOptions.defaults().withBackend(backend).withBatch(INPUT.dim(0)).withSize(INPUT.dim(2), INPUT.dim(3));
    }

    @Test
    void aRunAllocatesNothingOnTheJavaHeap() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long me = Thread.currentThread().getId();
        // As small as can be: thousands of runs of a fake take their time.
        SessionOptions small = options.withBatch(1).withSize(32, 32);
        ByteBuffer pixels = ByteBuffer.allocateDirect(INPUT.dim(1) * 32 * 32);
        FloatBuffer src = Golden.floats(INPUT.dim(1) * 32 * 32);
        FloatBuffer dst = Golden.floats(10);
        try (Session floats = NANO.session(small); Session bytes = NANO.session(small.withPixels())) {
            Runnable run = () -> {
                floats.run(src, dst);
                bytes.run(pixels, dst);
            };
            TestBackends.assertRuns(backend, floats.plan());
            for (int i = 0; i < 2000; i++) { // compiled, and the buffers bound
                run.run();
            }
            long before = threads.getThreadAllocatedBytes(me);
            long counter = threads.getThreadAllocatedBytes(me) - before; // what asking costs
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 3; round++) { // the JVM's own, such as a method compiled anew, meets one of them
                before = threads.getThreadAllocatedBytes(me);
                for (int i = 0; i < 100; i++) {
                    run.run();
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(me) - before);
            }
            assertEquals(counter, least);
        }
    }

    /** A view of bytes may begin anywhere. */
    @Test
    void aMisalignedBufferIsRefusedAsThat() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(INPUT.elements() * Float.BYTES + 1).order(ByteOrder.nativeOrder());
        FloatBuffer odd = bytes.position(1).slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
        FloatBuffer dst = Golden.floats(2 * 10);
        try (Session session = NANO.session(options)) {
            String refused = assertThrows(ShapeException.class, () -> session.run(odd, dst)).getMessage();
            assertTrue(refused.endsWith("the first element lies at an address that is no multiple of 4, the bytes of an"
                    + " element: make the view at a multiple of it"), refused);
        }
    }

    @Test
    void runsAreEqualBitForBitAndOtherBuffersMayFollow() {
        try (Session session = NANO.session(options)) {
            FloatBuffer first = Golden.floats(20);
            session.run(Golden.direct(INPUT.data()), first);
            for (int i = 0; i < 5; i++) {
                FloatBuffer dst = Golden.floats(20 + i);
                session.run(Golden.direct(INPUT.data()), dst.position(i));
                assertArrayEquals(Golden.array(first), Golden.array(dst), "run " + i);
                assertEquals(i, dst.position());
            }
        }
    }

    @Test
    void buffersMayBeTheSessions() {
        FloatBuffer expected = Golden.floats(20);
        try (Session session = NANO.session(options)) {
            session.run(Golden.direct(INPUT.data()), expected);
            FloatBuffer src = session.allocate(INPUT.elements() * 4L).asFloatBuffer().put(INPUT.data()).flip();
            FloatBuffer dst = session.allocate(20 * 4L).asFloatBuffer();
            assertArrayEquals(new float[20], Golden.array(dst));
            session.run(src, dst);
            assertArrayEquals(Golden.array(expected), Golden.array(dst));
            assertThrows(ShapeException.class, () -> session.allocate(1L << 31));
        }
    }

    @Test
    void aBufferIsReadFromItsPositionAndMayMoveIt() {
        FloatBuffer twice = Golden.floats(2 * INPUT.elements());
        twice.put(0, new float[INPUT.elements()]);
        twice.put(INPUT.elements(), INPUT.data());
        try (Session session = NANO.session(options)) {
            FloatBuffer dst = Golden.floats(20);
            session.run(twice, dst);
            float[] ofZeros = Golden.array(dst);
            session.run(twice.position(INPUT.elements()), dst);
            Golden.assertClose(Golden.npy("nano-relu/logits.npy").data(), Golden.array(dst), Golden.F32_TOLERANCE);
            session.run(twice.position(0), dst);
            assertArrayEquals(ofZeros, Golden.array(dst));
        }
    }

    @Test
    void anImageOfABatchHasTheLogitsItHasAlone() {
        try (Session pair = NANO.session(options); Session single = NANO.session(options.withBatch(1))) {
            FloatBuffer src = Golden.direct(INPUT.data());
            FloatBuffer both = Golden.floats(20);
            pair.run(src, both);
            for (int i = 0; i < 2; i++) {
                FloatBuffer one = Golden.floats(10);
                single.run(src.slice(i * INPUT.elements() / 2, INPUT.elements() / 2), one);
                Golden.assertClose(Arrays.copyOfRange(Golden.array(both), 10 * i, 10 * i + 10), Golden.array(one), 1e-5);
            }
        }
    }

    @Test
    void pixelsGiveWhatNormalisedFloatsGive() {
        Preprocessing how = NANO.preprocessing();
        Shape src = Golden.shape(INPUT);
        int rowStride = src.w() * 3 + 5;
        ByteBuffer pixels = ByteBuffer.allocateDirect(src.n() * src.h() * rowStride);
        Random random = new Random(1);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) random.nextInt());
        }
        FloatBuffer floats = Golden.floats(src.elements());
        for (int i = 0; i < src.elements(); i++) {
            int x = i % src.w();
            int y = i / src.w() % src.h();
            int c = i / (src.w() * src.h()) % 3;
            int n = i / (src.w() * src.h() * 3);
            int value = pixels.get((n * src.h() + y) * rowStride + x * 3 + c) & 0xff;
            floats.put(i, (float) ((value / 255.0 - how.mean().get(c)) / how.std().get(c)));
        }
        try (Session fromPixels = NANO.session(options.withPixels(rowStride)); Session fromFloats = NANO.session(options)) {
            FloatBuffer expected = Golden.floats(20);
            FloatBuffer actual = Golden.floats(20);
            fromFloats.run(floats, expected);
            fromPixels.run(pixels, actual);
            Golden.assertClose(Golden.array(expected), Golden.array(actual), Golden.F32_TOLERANCE);
            assertThrows(IllegalStateException.class, () -> fromPixels.run(floats, actual));
            assertThrows(IllegalStateException.class, () -> fromFloats.run(pixels, actual));
        }
        assertThrows(ShapeException.class, () -> NANO.session(options.withPixels(src.w() * 3 - 1)));
    }

    @Test
    void manySessionsOfOneModelServeManyThreads() throws Exception {
        float[] expected = Golden.npy("nano-relu/logits.npy").data();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<?>> results = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            results.add(pool.submit(() -> {
                try (Session session = NANO.session(options.withThreads(1))) {
                    FloatBuffer src = Golden.direct(INPUT.data());
                    for (int i = 0; i < 50; i++) {
                        FloatBuffer dst = Golden.floats(20);
                        session.run(src, dst);
                        Golden.assertClose(expected, Golden.array(dst), Golden.F32_TOLERANCE);
                    }
                }
            }));
        }
        for (Future<?> result : results) {
            result.get();
        }
        pool.shutdown();
    }

    @Test
    void closeIsIdempotentAndUseAfterItIsRefused() {
        Session session = NANO.session(options);
        session.close();
        session.close();
        IllegalStateException refusal = assertThrows(IllegalStateException.class,
                () -> session.run(Golden.direct(INPUT.data()), Golden.floats(20)));
        assertTrue(refusal.getMessage().contains("closed"), refusal.getMessage());
    }

    @Test
    void wrongOptionsAreRefusedInASentence() {
        assertThrows(ShapeException.class, () -> options.withBatch(0));
        assertThrows(ShapeException.class, () -> options.withSize(-1, 224));
        assertThrows(UnsupportedException.class, () -> options.withThreads(0));
        assertThrows(UnsupportedException.class, () -> options.withThreads(1 << 20));
        UnsupportedException unknown = assertThrows(UnsupportedException.class,
                () -> NANO.session(options.withBackend("tpu")));
        assertTrue(unknown.getMessage().contains("onednn"), unknown.getMessage());
        ShapeException small = assertThrows(ShapeException.class, () -> NANO.session(options.withSize(31, 64)));
        assertTrue(small.getMessage().contains("smaller than one patch"), small.getMessage());
    }

    @Test
    void buffersThatDoNotFitAreRefused() {
        try (Session session = NANO.session(options)) {
            FloatBuffer src = Golden.direct(INPUT.data());
            FloatBuffer dst = Golden.floats(20);
            assertThrows(ShapeException.class, () -> session.run(src.duplicate().position(1), dst));
            assertThrows(ShapeException.class, () -> session.run(src, dst.duplicate().limit(19)));
            assertThrows(ShapeException.class, () -> session.run(FloatBuffer.wrap(INPUT.data()), dst));
            assertThrows(ShapeException.class, () -> session.run(src, dst.asReadOnlyBuffer()));
            assertThrows(ShapeException.class, () -> session.run(src, new FloatBuffer[] {dst, dst}));
            session.run(src.asReadOnlyBuffer(), dst);
        }
    }

    /** A run that fails has bound what came before the fault: the next one must look at all of it again. */
    @Test
    void overlapIsRefusedAfterARunThatFailed() {
        try (Session session = NANO.session(options)) {
            FloatBuffer dst = Golden.floats(INPUT.elements());
            session.run(Golden.direct(INPUT.data()), dst);
            FloatBuffer same = dst.duplicate();
            assertThrows(ShapeException.class, () -> session.run(same, FloatBuffer.allocate(20)));
            assertThrows(ShapeException.class, () -> session.run(same, dst));
        }
    }

    @Test
    void anOddThreadCountIsUsed() {
        for (int threads : new int[] {1, 2, 3, 5}) {
            try (Session session = NANO.session(options.withThreads(threads))) {
                FloatBuffer dst = Golden.floats(20);
                session.run(Golden.direct(INPUT.data()), dst);
                TestBackends.assertRuns(backend, session.plan());
                assertEquals(TestBackends.onGpu(backend) ? 1 : threads, session.plan().threads());
                Golden.assertClose(Golden.npy("nano-relu/logits.npy").data(), Golden.array(dst), Golden.F32_TOLERANCE);
            }
        }
    }

    /** In a JVM of its own with a small heap, so that the resident size is about native memory. */
    @Test
    void aThousandModelsLeaveNoMemoryBehind() throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of("-Xmx64m"), ManyModels.class, backend);
        assertEquals(0, result.status(), result.output());
        long grownKilobytes = Long.parseLong(result.output().strip());
        // One session's memory is 1 MB; allocators, oneDNN's primitive cache and the JVM settle within the first 300.
        assertTrue(grownKilobytes < 35_000, grownKilobytes + " kB more after 700 models");
    }

    /** Loads, runs and closes a model a thousand times and prints by how many kB the last 700 made the process larger. */
    static final class ManyModels {
        public static void main(String[] args) throws Exception {
            FloatBuffer src = Golden.direct(INPUT.data());
            FloatBuffer dst = Golden.floats(20);
            long before = 0;
            for (int i = 0; i < 1000; i++) {
                if (i == 300) {
                    before = TestData.residentKilobytes();
                }
                FasterNet model = FasterNet.load(Golden.file("nano-relu/official.pth"));
                try (Session session = model.session(options(args[0]).withThreads(1))) {
                    session.run(src, dst);
                }
            }
            System.out.println(TestData.residentKilobytes() - before);
        }
    }
}
