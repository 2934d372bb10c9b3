package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class PeersBenchmarkTest {
    @Test
    void aRatioIsTheMedianOfTheRoundsRatios() {
        assertEquals(2, PeersBenchmark.ratio(List.of(2.0, 40.0, 30.0), List.of(1.0, 10.0, 100.0)));
        assertEquals(1.5, PeersBenchmark.ratio(List.of(1.0, 2.0), List.of(1.0, 1.0)));
    }

    @Test
    void aRoundThatWasStoppedInBetweenDoesNotCount() {
        assertEquals(3, PeersBenchmark.ratio(List.of(3.0), List.of(1.0, 1.0)));
    }
}
