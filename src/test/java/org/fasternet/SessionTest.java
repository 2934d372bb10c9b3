package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final FasterNet NANO = FasterNet.load(Golden.file("nano-relu/official.pth"));
    private static final Tensor INPUT = Golden.npy("nano-relu/input.npy");
    private static final SessionOptions OPTIONS = SessionOptions.defaults()
            .withBatch(INPUT.dim(0)).withSize(INPUT.dim(2), INPUT.dim(3));

    @Test
    void aRunAllocatesNothingOnTheJavaHeap() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long me = Thread.currentThread().getId();
        ByteBuffer pixels = ByteBuffer.allocateDirect(INPUT.elements());
        FloatBuffer src = Golden.direct(INPUT.data());
        FloatBuffer dst = Golden.floats(2 * 10);
        try (Session floats = NANO.session(OPTIONS); Session bytes = NANO.session(OPTIONS.withPixels())) {
            Runnable run = () -> {
                floats.run(src, dst);
                bytes.run(pixels, dst);
            };
            for (int i = 0; i < 2000; i++) { // compiled, and the buffers bound
                run.run();
            }
            long before = threads.getThreadAllocatedBytes(me);
            long counter = threads.getThreadAllocatedBytes(me) - before; // what asking costs
            before = threads.getThreadAllocatedBytes(me);
            for (int i = 0; i < 100; i++) {
                run.run();
            }
            assertEquals(counter, threads.getThreadAllocatedBytes(me) - before);
        }
    }

    @Test
    void runsAreEqualBitForBitAndOtherBuffersMayFollow() {
        try (Session session = NANO.session(OPTIONS)) {
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
    void aBufferIsReadFromItsPositionAndMayMoveIt() {
        FloatBuffer twice = Golden.floats(2 * INPUT.elements());
        twice.put(0, new float[INPUT.elements()]);
        twice.put(INPUT.elements(), INPUT.data());
        try (Session session = NANO.session(OPTIONS)) {
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
        try (Session pair = NANO.session(OPTIONS); Session single = NANO.session(OPTIONS.withBatch(1))) {
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
        try (Session fromPixels = NANO.session(OPTIONS.withPixels(rowStride)); Session fromFloats = NANO.session(OPTIONS)) {
            FloatBuffer expected = Golden.floats(20);
            FloatBuffer actual = Golden.floats(20);
            fromFloats.run(floats, expected);
            fromPixels.run(pixels, actual);
            Golden.assertClose(Golden.array(expected), Golden.array(actual), Golden.F32_TOLERANCE);
            assertThrows(IllegalStateException.class, () -> fromPixels.run(floats, actual));
            assertThrows(IllegalStateException.class, () -> fromFloats.run(pixels, actual));
        }
        assertThrows(ShapeException.class, () -> NANO.session(OPTIONS.withPixels(src.w() * 3 - 1)));
    }

    @Test
    void manySessionsOfOneModelServeManyThreads() throws Exception {
        float[] expected = Golden.npy("nano-relu/logits.npy").data();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<?>> results = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            results.add(pool.submit(() -> {
                try (Session session = NANO.session(OPTIONS.withThreads(1))) {
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
    void aSecondThreadIsTurnedAway() throws Exception {
        FasterNet slow = FasterNet.random(Variant.T0, 1);
        Session session = slow.session(SessionOptions.defaults().withBatch(16).withThreads(1));
        FloatBuffer src = Golden.floats(session.srcShape().elements());
        FloatBuffer dst = Golden.floats(16 * 1000);
        CountDownLatch started = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            started.countDown();
            session.run(src, dst);
        }, "the other");
        other.start();
        started.await();
        // The run takes tens of milliseconds; it is met within them or the attempt that succeeded is repeated.
        IllegalStateException refusal = null;
        while (refusal == null && other.isAlive()) {
            refusal = attempt(() -> session.run(src, dst));
        }
        assertNotNull(refusal);
        assertTrue(refusal.getMessage().contains("in use by the thread 'the other'"), refusal.getMessage());
        if (other.isAlive()) {
            assertNotNull(attempt(session::close));
        }
        other.join();
        session.close();
    }

    private static IllegalStateException attempt(Runnable action) {
        try {
            action.run();
            return null;
        } catch (IllegalStateException e) {
            return e;
        }
    }

    @Test
    void closeIsIdempotentAndUseAfterItIsRefused() {
        Session session = NANO.session(OPTIONS);
        session.close();
        session.close();
        IllegalStateException refusal = assertThrows(IllegalStateException.class,
                () -> session.run(Golden.direct(INPUT.data()), Golden.floats(20)));
        assertTrue(refusal.getMessage().contains("closed"), refusal.getMessage());
    }

    @Test
    void wrongOptionsAreRefusedInASentence() {
        assertThrows(ShapeException.class, () -> OPTIONS.withBatch(0));
        assertThrows(ShapeException.class, () -> OPTIONS.withSize(-1, 224));
        assertThrows(UnsupportedException.class, () -> OPTIONS.withThreads(0));
        assertThrows(UnsupportedException.class, () -> OPTIONS.withThreads(1 << 20));
        UnsupportedException unknown = assertThrows(UnsupportedException.class,
                () -> NANO.session(OPTIONS.withBackend("tpu")));
        assertTrue(unknown.getMessage().contains("onednn"), unknown.getMessage());
        ShapeException small = assertThrows(ShapeException.class, () -> NANO.session(OPTIONS.withSize(31, 64)));
        assertTrue(small.getMessage().contains("smaller than one patch"), small.getMessage());
    }

    @Test
    void buffersThatDoNotFitAreRefused() {
        try (Session session = NANO.session(OPTIONS)) {
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

    @Test
    void anOddThreadCountIsUsed() {
        for (int threads : new int[] {1, 2, 3, 5}) {
            try (Session session = NANO.session(OPTIONS.withThreads(threads))) {
                FloatBuffer dst = Golden.floats(20);
                session.run(Golden.direct(INPUT.data()), dst);
                assertEquals(threads, session.plan().threads());
                Golden.assertClose(Golden.npy("nano-relu/logits.npy").data(), Golden.array(dst), Golden.F32_TOLERANCE);
            }
        }
    }

    /** In a JVM of its own with a small heap, so that the resident size is about native memory. */
    @Test
    void aThousandModelsLeaveNoMemoryBehind() throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of("-Xmx64m"), ManyModels.class);
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
                    before = residentKilobytes();
                }
                try (Session session = FasterNet.load(Golden.file("nano-relu/official.pth")).session(OPTIONS.withThreads(1))) {
                    session.run(src, dst);
                }
            }
            System.out.println(residentKilobytes() - before);
        }
    }

    private static long residentKilobytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
