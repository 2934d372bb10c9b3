package org.fasternet.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void allAreReleasedLastMadeFirstAlsoWhereOneThrows() {
        List<Integer> released = new ArrayList<>();
        RuntimeException second = new IllegalStateException("second");
        RuntimeException third = new IllegalStateException("third");
        Resources resources = new Resources();
        assertEquals(1, resources.add(1, released::add));
        resources.add(second, failure -> {
            throw failure;
        });
        resources.add(third, failure -> {
            throw failure;
        });
        resources.add(4, released::add);
        assertSame(third, assertThrows(IllegalStateException.class, resources::close));
        assertArrayEquals(new Throwable[] {second}, third.getSuppressed());
        assertEquals(List.of(4, 1), released);
        resources.close();
        assertEquals(List.of(4, 1), released);
    }

    @Test
    void aFailureIsNotHiddenByAnotherWhileWhatItLeftIsClosed() {
        RuntimeException failure = new IllegalStateException("failure");
        RuntimeException another = new IllegalStateException("another");
        Resources resources = new Resources();
        resources.add(another, e -> {
            throw e;
        });
        Resources.closeAfter(failure, resources);
        assertArrayEquals(new Throwable[] {another}, failure.getSuppressed());
    }
}
