package org.fasternet.tools.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RatioOfMediansTest {
    @Test
    void ofRoundsIsTheMedianOfTheirRatios() {
        assertEquals(2, RatioOfMedians.ofRounds(List.of(2.0, 40.0, 30.0), List.of(1.0, 10.0, 100.0)));
        assertEquals(1.5, RatioOfMedians.ofRounds(List.of(1.0, 2.0), List.of(1.0, 1.0)));
    }

    @Test
    void aRoundThatWasStoppedInBetweenDoesNotCount() {
        assertEquals(3, RatioOfMedians.ofRounds(List.of(3.0), List.of(1.0, 1.0)));
    }

    private static final double EXACT = 1e-12;

    /** Quantiles of the ratio in two million resamples by numpy; they lie on steps that are several per mille wide. */
    @Test
    void theIntervalIsThatOfAnotherProgram() {
        List<Double> before = List.of(2.0, 2.1, 1.9, 2.05, 2.2, 1.95, 2.0, 2.15, 2.02, 1.98);
        List<Double> after = List.of(2.2, 2.3, 2.1, 2.25, 2.5, 2.15, 2.22, 2.35, 2.21, 2.18);
        RatioOfMedians ratio = RatioOfMedians.of(before, after, 1);
        assertEquals(1.1019900497512438, ratio.ratio(), EXACT);
        assertEquals(1.05, ratio.low(), 0.003);
        assertEquals(1.15, ratio.high(), 0.003);
    }

    /** All 729 resamples of three and three values are equally likely: 6.7 % of the ratios are the least, 6.7 % the greatest. */
    @Test
    void theIntervalIsThatOfAllResamples() {
        RatioOfMedians ratio = RatioOfMedians.of(List.of(1.0, 1.1, 1.4), List.of(0.9, 1.2, 1.25), 3);
        assertEquals(1.2 / 1.1, ratio.ratio(), EXACT);
        assertEquals(0.9 / 1.4, ratio.low(), EXACT);
        assertEquals(1.25 / 1.0, ratio.high(), EXACT);
    }

    @Test
    void whatDoesNotVaryHasNoInterval() {
        RatioOfMedians exact = new RatioOfMedians(1.5, 1.5, 1.5);
        assertEquals(exact, RatioOfMedians.of(List.of(2.0), List.of(3.0), 1));
        assertEquals(exact, RatioOfMedians.of(Collections.nCopies(10, 2.0), Collections.nCopies(7, 3.0), 1));
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        List<Double> values = List.of(1.0, 1.2, 1.3, 1.7, 1.9);
        assertEquals(RatioOfMedians.of(values, values, 5), RatioOfMedians.of(values, values, 5));
    }

    @Test
    void aRatioNeedsValuesAboveZero() {
        for (List<Double> bad : List.of(List.<Double>of(), List.of(0.0), List.of(1.0, -1.0), List.of(Double.NaN))) {
            assertThrows(IllegalArgumentException.class, () -> RatioOfMedians.of(List.of(1.0), bad, 1));
        }
    }
}
