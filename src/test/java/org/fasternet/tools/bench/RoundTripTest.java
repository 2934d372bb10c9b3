package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.fasternet.internal.abi.measure.PeakLoops;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    @Test
    void cpusThatWereMovedAreToldOf() {
        assertEquals(List.of(), new RoundTrip(100, 190).warnings());
        assertEquals(List.of("a cache line's way between two CPUs and back took 500 ns before and 100 ns after: the host has moved them"),
                new RoundTrip(500, 100).warnings());
        assertEquals(500, new RoundTrip(500, 100).nanos());
    }

    @Test
    void aSingleThreadGoesNowhere() {
        RoundTrip.Beside<String> one = RoundTrip.around(1, () -> "measured");
        assertEquals("measured", one.result());
        assertEquals(Optional.empty(), one.way());
        RoundTrip.Beside<String> two = RoundTrip.around(2, () -> "measured");
        assertEquals(PeakLoops.roundTripNanos().isPresent(), two.way().isPresent());
        two.way().ifPresent(way -> assertTrue(way.before() > 0 && way.after() > 0));
    }
}
