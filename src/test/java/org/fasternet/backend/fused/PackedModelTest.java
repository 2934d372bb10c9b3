package org.fasternet.backend.fused;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.Pointwise;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Programs that are compiled at once, one of them from weights that take as long to read as a test wants. */
class PackedModelTest {
    /** So many that any hash table has other networks beside the slow one, and grows meanwhile. */
    private static final int OTHERS = 200;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch reading = new CountDownLatch(1);
    private final CountDownLatch mayRead = new CountDownLatch(1);
    private final AtomicInteger reads = new AtomicInteger();

    @AfterEach
    void endThreads() {
        mayRead.countDown();
        threads.shutdownNow();
    }

    private static ProgramSpec spec(Tensor.Values weights) {
        Tensor tensor = Tensor.deferred(new int[] {1, 1}, 1, weights);
        Pointwise layer = new Pointwise(tensor, new float[1], Optional.empty(), false);
        Shape src = new Shape(1, 1, 1, 1);
        return new ProgramSpec(Network.of(List.of(new NamedLayer("layer", layer))), src, ElementType.F32, Layout.nhwc(src),
                ElementType.F32, false, Precision.F32, Optional.empty(), 1, 0, 0, false);
    }

    /** Waits before the first read, which fails if it is told to. */
    private ProgramSpec slow(boolean fails) {
        return spec(dst -> {
            if (reads.getAndIncrement() == 0) {
                reading.countDown();
                await(mayRead);
                if (fails) {
                    throw new IllegalStateException("no weights");
                }
            }
            dst[0] = 1;
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Future<PackedModel> acquire(ProgramSpec spec) {
        return threads.submit(() -> PackedModel.acquire(spec));
    }

    private static PackedModel get(Future<PackedModel> model) throws Exception {
        return model.get(30, TimeUnit.SECONDS);
    }

    @Test
    void nobodyWaitsForTheWeightsOfAnotherNetwork() throws Exception {
        Future<PackedModel> slow = acquire(slow(false));
        reading.await();
        List<PackedModel> others = new ArrayList<>();
        for (int i = 0; i < OTHERS; i++) {
            others.add(get(acquire(spec(dst -> dst[0] = 1))));
        }
        for (PackedModel other : others) {
            threads.submit(other::release).get(30, TimeUnit.SECONDS);
        }
        assertEquals(1, reads.get());
        mayRead.countDown();
        get(slow).release();
    }

    @Test
    void programsOfOneNetworkShareWhatTheFirstPacks() throws Exception {
        ProgramSpec spec = slow(false);
        Future<PackedModel> first = acquire(spec);
        reading.await();
        Future<PackedModel> second = acquire(spec);
        mayRead.countDown();
        assertSame(get(first), get(second));
        assertEquals(1, reads.get());
        get(first).release();
        PackedModel third = get(acquire(spec));
        assertSame(get(second), third);
        third.release();
        third.release();
        get(acquire(spec)).release();
        assertEquals(2, reads.get());
    }

    @Test
    void whoWaitsForOneThatFailsPacksItself() throws Exception {
        ProgramSpec spec = slow(true);
        Future<PackedModel> first = acquire(spec);
        reading.await();
        Future<PackedModel> second = acquire(spec);
        mayRead.countDown();
        Throwable failure = assertThrows(ExecutionException.class, () -> get(first)).getCause();
        assertEquals("no weights", failure.getMessage());
        get(second).release();
        assertEquals(2, reads.get());
    }
}
