package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class InOrderTest {
    /** The first of each pair is done last. */
    @Test
    void resultsComeInTheElementsOrder() {
        List<Integer> results = InOrder.map(IntStream.range(0, 50).boxed(), 3, 4, group -> {
            sleep(group.get(0) % 2 == 0 ? 5 : 0);
            return group.stream().map(i -> -i).toList();
        }).toList();
        assertEquals(IntStream.range(0, 50).mapToObj(i -> -i).toList(), results);
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void groupsAreAsLargeAsCanBeAndNoneIsEmpty() {
        List<Integer> sizes = InOrder.map(IntStream.range(0, 7).boxed(), 3, 2, group -> List.of(group.size())).toList();
        assertEquals(List.of(3, 3, 1), sizes);
        assertEquals(List.of(), InOrder.map(Stream.of(), 3, 2, group -> List.of(group.size())).toList());
    }

    /** Each of the two waits for the other. */
    @Test
    void asManyGroupsAsThreadsAreUnderWayAtOnce() {
        CyclicBarrier both = new CyclicBarrier(2);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> InOrder.map(Stream.of(1, 2, 3, 4), 1, 2, group -> {
            try {
                both.await(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return group;
        }).toList());
    }

    @Test
    void theSourceIsReadAFewGroupsAheadAndNoFurther() {
        AtomicInteger read = new AtomicInteger();
        AtomicBoolean closed = new AtomicBoolean();
        Stream<Integer> endless = Stream.generate(read::incrementAndGet).onClose(() -> closed.set(true));
        try (Stream<Integer> results = InOrder.map(endless, 2, 2, group -> group)) {
            Iterator<Integer> taken = results.iterator();
            assertEquals(1, taken.next());
            assertTrue(read.get() <= 2 * (2 * 2 + 1), "read " + read);
        }
        assertTrue(closed.get());
    }

    @Test
    void aFailureComesWhereTheResultIsTaken() {
        List<Integer> taken = new ArrayList<>();
        Stream<Integer> results = InOrder.map(Stream.of(1, 2, 0, 4), 1, 2, group -> List.of(12 / group.get(0)));
        assertEquals("/ by zero", assertThrows(ArithmeticException.class, () -> results.forEachOrdered(taken::add)).getMessage());
        assertEquals(List.of(12, 6), taken);
    }
}
