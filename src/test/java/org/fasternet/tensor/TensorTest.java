package org.fasternet.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.fasternet.error.ShapeException;
import org.junit.jupiter.api.Test;

class TensorTest {
    private static final float[] VALUES = {1, 2, 3, 4, 5, 6};

    private final Tensor here = new Tensor(new int[] {2, 3}, VALUES);
    private final Tensor deferred =
            Tensor.deferred(new int[] {2, 3}, 6, dst -> System.arraycopy(VALUES, 0, dst, 0, VALUES.length));

    @Test
    void deferredValuesAreNotKept() {
        assertSame(VALUES, here.data());
        assertArrayEquals(VALUES, deferred.data());
        assertNotSame(deferred.data(), deferred.data());
    }

    @Test
    void anotherShapeHasTheSameValues() {
        assertSame(VALUES, here.withShape(6, 1).data());
        assertArrayEquals(VALUES, deferred.withShape(3, 1, 2).data());
        assertArrayEquals(new int[] {3, 1, 2}, deferred.withShape(3, 1, 2).shape());
        assertEquals(6, deferred.withShape(6).bound());
        assertThrows(ShapeException.class, () -> deferred.withShape(7));
        assertThrows(ShapeException.class, () -> new Tensor(new int[] {7}, VALUES));
    }

    @Test
    void scratchIsReusedAndGrows() {
        Scratch scratch = new Scratch();
        float[] array = scratch.values(here);
        assertArrayEquals(VALUES, array);
        assertSame(array, scratch.values(deferred.withShape(6)));
        assertSame(array, scratch.array(1));
        assertEquals(7, scratch.array(7).length);
    }
}
