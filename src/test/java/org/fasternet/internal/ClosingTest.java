package org.fasternet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {
    private final List<Integer> closed = new ArrayList<>();
    private final RuntimeException failure = new IllegalStateException("second");
    private final Error later = new AssertionError("fourth");

    private final List<Runnable> closings = List.of(
            () -> closed.add(1), () -> fail(2, failure, null), () -> closed.add(3), () -> fail(4, null, later));

    private void fail(int number, RuntimeException exception, Error error) {
        closed.add(number);
        if (error != null) {
            throw error;
        }
        throw exception;
    }

    @Test
    void allAreClosedAndTheFirstFailureIsThrown() {
        assertSame(failure, assertThrows(IllegalStateException.class, () -> Closing.all(closings)));
        assertEquals(List.of(1, 2, 3, 4), closed);
        assertEquals(List.of(later), List.of(failure.getSuppressed()));
        Closing.all(List.of());
    }

    @Test
    void afterAFailureThatOneStays() {
        Exception reason = new Exception();
        Closing.after(reason, closings);
        assertEquals(List.of(1, 2, 3, 4), closed);
        assertEquals(List.of(failure), List.of(reason.getSuppressed()));
    }
}
