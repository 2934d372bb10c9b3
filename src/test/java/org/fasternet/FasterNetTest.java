package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FasterNetTest {
    /** One block in each of two stages: 8 channels of 4 x 6 pixels, then 16 of 2 x 3, and a head. */
    private static final FasterNet MODEL = FasterNet.random(
            new FasterNetConfig(3, 8, List.of(1, 1), 4, 2, 12, 5, Activation.RELU, true, true, false), 1);

    @Test
    void multiplyAddsAreCountedByHand() {
        long embedding = 4 * 6 * (4 * 4 * 3 * 8);
        long first = 4 * 6 * (3 * 3 * 2 * 2 + 8 * 16 + 16 * 8);
        long merging = 2 * 3 * (2 * 2 * 8 * 16);
        long second = 2 * 3 * (3 * 3 * 4 * 4 + 16 * 32 + 32 * 16);
        long head = 16 * 12 + 12 * 5;
        assertEquals(10 * (embedding + first + merging + second + head), MODEL.multiplyAdds(new Shape(10, 3, 16, 24)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void multiplyAddsAreThoseOfThePlansSteps(int batch) {
        SessionOptions options = SessionOptions.defaults().withThreads(1).withBatch(batch).withSize(16, 24);
        try (Session session = MODEL.session(options)) {
            assertEquals(session.plan().multiplyAdds(), MODEL.multiplyAdds(session.srcShape()));
        }
    }

    @Test
    void aShapeThatDoesNotFitHasNoMultiplyAdds() {
        assertThrows(ShapeException.class, () -> MODEL.multiplyAdds(new Shape(1, 1, 16, 24)));
        assertThrows(ShapeException.class, () -> MODEL.multiplyAdds(new Shape(1, 3, 3, 24)));
    }
}
