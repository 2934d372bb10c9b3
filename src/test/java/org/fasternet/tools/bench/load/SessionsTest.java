package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions;
import org.fasternet.error.ShapeException;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SessionsTest {
    private static final SessionOptions OPTIONS =
            SessionOptions.defaults().withThreads(1).withSize(32, 32).withBatch(4).withPixels();
    private static final FasterNet DEMO = FasterNet.demo();
    private static final Shape IMAGE = new Shape(1, DEMO.config().inChannels(), 32, 32);

    private final DataSet data = new DataSet(10, 4, IMAGE, 1);
    private final Set<String> threads = ConcurrentHashMap.newKeySet();

    /** Every sample is answered once, in whatever parts. */
    private void assertAnswered(Sessions sessions, int... samples) {
        int all = IntStream.of(samples).sum();
        Tally tally = new Tally(all, i -> Long.MAX_VALUE) {
            @Override
            public synchronized void answered(Query query, long at) {
                assertTrue(query.samples() <= 4, query.toString());
                IntStream.range(query.sequence(), query.sequence() + query.samples())
                        .forEach(i -> assertEquals(NEVER, nanos()[i]));
                threads.add(Thread.currentThread().getName());
                super.answered(query, at);
            }
        };
        int sequence = 0;
        for (int count : samples) {
            // Beyond the end of the data set, which begins again.
            sessions.issue(new Query(sequence, 7 + sequence, count, tally));
            sequence += count;
        }
        assertTrue(tally.await(all, () -> false));
        for (long at : tally.nanos()) {
            assertTrue(at != Tally.NEVER);
        }
    }

    @Test
    void severalSessionsShareTheWork() {
        try (Sessions sessions = new Sessions(DEMO, OPTIONS, 3, false, data)) {
            assertAnswered(sessions, 203);
            assertAnswered(sessions, 1, 1, 1, 2, 9, 1);
            assertTrue(threads.stream().allMatch(name -> name.matches("session [012]")), threads.toString());
        }
    }

    @Test
    void aSingleSessionAnswersAStreamInTheCallersThread() {
        try (Sessions sessions = new Sessions(DEMO, OPTIONS, 1, true, data)) {
            assertAnswered(sessions, 9);
            assertEquals(Set.of(Thread.currentThread().getName()), threads);
        }
    }

    @Test
    void dropLeavesNothingToDo() {
        try (Sessions sessions = new Sessions(DEMO, OPTIONS, 2, false, data)) {
            Tally tally = new Tally(1_000_000, i -> Long.MAX_VALUE);
            sessions.issue(new Query(0, 0, 1_000_000, tally));
            sessions.drop();
            long[] dropped = tally.nanos().clone();
            assertAnswered(sessions, 8);
            assertEquals(IntStream.range(0, dropped.length).filter(i -> dropped[i] != Tally.NEVER).count(),
                    IntStream.range(0, dropped.length).filter(i -> tally.nanos()[i] != Tally.NEVER).count());
        }
    }

    @Test
    void aDataSetGoesRoundAndIsTheSeeds() {
        ByteBuffer pixels = data.view();
        int bytes = data.imageBytes();
        assertEquals(DEMO.config().inChannels() * 32 * 32, bytes);
        assertEquals(14 * bytes, pixels.capacity());
        assertEquals(pixels.slice(0, 4 * bytes), pixels.slice(10 * bytes, 4 * bytes));
        assertTrue(!pixels.slice(0, bytes).equals(pixels.slice(bytes, bytes)));
        assertEquals(3 * bytes, data.position(13));
        assertEquals(pixels.slice(0, bytes), new DataSet(2, 0, IMAGE, 1).view().slice(0, bytes));
    }

    @Test
    void aDataSetThatNoBufferCanHoldIsRefused() {
        String message = assertThrows(
                ShapeException.class, () -> new DataSet(1024, 8, new Shape(1, 3, 1000, 1000), 1)).getMessage();
        assertEquals("a data set of 1024 images of 1000x1000 and a batch of 8 is larger than the 2 GiB that a buffer can have",
                message);
        // Neither the number of images nor that of bytes is an int.
        for (int batch : new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE - 10, 1 << 30}) {
            assertThrows(ShapeException.class, () -> new DataSet(1024, batch, IMAGE, 1), String.valueOf(batch));
        }
    }

    /** An image has 1 KiB, so 2^21 of them have as many bytes as no buffer has. */
    @Test
    void aBatchThatNoBufferCanHoldIsRefused() {
        for (int batch : new int[] {1 << 21, 1 << 22, Integer.MAX_VALUE}) {
            String message = assertThrows(ShapeException.class,
                    () -> new Sessions(DEMO, OPTIONS.withBatch(batch), 1, false, data)).getMessage();
            assertTrue(message.startsWith("a buffer of " + (long) batch * data.imageBytes() + " bytes"), message);
        }
    }
}
