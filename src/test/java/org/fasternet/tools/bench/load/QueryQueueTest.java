package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class QueryQueueTest {
    private final QueryQueue queue = new QueryQueue();

    private static Query query(int sequence, int first, int samples) {
        return new Query(sequence, first, samples, null);
    }

    @Test
    void aLongQueryIsTakenPartByPart() {
        queue.put(query(0, 100, 8));
        queue.put(query(8, 5, 1));
        assertEquals(List.of(query(0, 100, 3)), queue.take(3));
        assertEquals(List.of(query(3, 103, 3)), queue.take(3));
        assertEquals(List.of(query(6, 106, 2), query(8, 5, 1)), queue.take(3));
    }

    @Test
    void shortQueriesAreTakenTogether() {
        queue.put(query(0, 7, 1));
        queue.put(query(1, 3, 1));
        queue.put(query(2, 9, 4));
        assertEquals(List.of(query(0, 7, 1), query(1, 3, 1), query(2, 9, 2)), queue.take(4));
        assertEquals(List.of(query(4, 11, 2)), queue.take(4));
    }

    @Test
    void dropForgetsWhatWaitsAndAwaitsWhatWasTaken() throws InterruptedException {
        queue.put(query(0, 0, 8));
        queue.take(1);
        Thread drop = new Thread(queue::drop);
        drop.start();
        while (drop.isAlive() && drop.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertTrue(drop.isAlive());
        queue.done();
        drop.join();
        queue.put(query(1, 5, 1));
        assertEquals(List.of(query(1, 5, 1)), queue.take(8));
    }

    @Test
    void whoWaitsGetsWorkOrTheEnd() throws ExecutionException, InterruptedException {
        CompletableFuture<List<Query>> taken = CompletableFuture.supplyAsync(() -> queue.take(1));
        queue.put(query(0, 0, 1));
        assertEquals(List.of(query(0, 0, 1)), taken.get());
        CompletableFuture<List<Query>> nothing = CompletableFuture.supplyAsync(() -> queue.take(1));
        queue.close();
        assertEquals(List.of(), nothing.get());
        queue.put(query(1, 0, 1));
        assertEquals(List.of(), queue.take(1));
    }
}
