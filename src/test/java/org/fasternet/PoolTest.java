package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PoolTest {
    private static final class Thing implements AutoCloseable {
        private boolean closed;

        @Override
        public void close() {
            closed = true;
        }
    }

    private final List<Thing> things = new ArrayList<>();
    private final Pool<Thing> pool = Pool.of(2, () -> {
        things.add(new Thing());
        return things.get(things.size() - 1);
    }, "pool of things");
    private final CountDownLatch bothLent = new CountDownLatch(2);
    private final CountDownLatch mayReturn = new CountDownLatch(1);

    private CompletableFuture<Thing> lend() {
        return CompletableFuture.supplyAsync(() -> pool.use(thing -> {
            bothLent.countDown();
            await(mayReturn);
            return thing;
        }), task -> new Thread(task).start());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eachIsLentToOneThreadAndAThirdWaits() {
        CompletableFuture<Thing> first = lend();
        CompletableFuture<Thing> second = lend();
        await(bothLent);
        CompletableFuture<Thing> third = lend();
        assertFalse(third.isDone());
        mayReturn.countDown();
        assertFalse(first.join() == second.join());
        assertTrue(things.contains(third.join()));
    }

    @Test
    void closingWaitsForThoseThatAreLentAndRefusesWhoWaits() {
        CompletableFuture<Thing> first = lend();
        CompletableFuture<Thing> second = lend();
        await(bothLent);
        CompletableFuture<Thing> waiting = lend();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(pool::close, task -> new Thread(task).start());
        String refused = assertThrows(CompletionException.class, waiting::join).getCause().getMessage();
        assertEquals("this pool of things is closed", refused);
        assertFalse(closing.isDone());
        assertTrue(things.stream().noneMatch(thing -> thing.closed));
        mayReturn.countDown();
        closing.join();
        first.join();
        second.join();
        assertTrue(things.stream().allMatch(thing -> thing.closed));
        pool.close();
        assertThrows(IllegalStateException.class, () -> pool.use(thing -> thing));
    }

    @Test
    void whatWasMadeBeforeAFailureIsClosed() {
        List<Thing> made = new ArrayList<>();
        assertThrows(IllegalArgumentException.class, () -> Pool.of(3, () -> {
            if (made.size() == 2) {
                throw new IllegalArgumentException("no third");
            }
            made.add(new Thing());
            return made.get(made.size() - 1);
        }, "pool"));
        assertTrue(made.size() == 2 && made.stream().allMatch(thing -> thing.closed));
    }
}
