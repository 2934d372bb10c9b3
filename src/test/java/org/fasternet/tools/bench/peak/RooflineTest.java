package org.fasternet.tools.bench.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Test;

class RooflineTest {
    /** The Opteron X2 of the paper's figure 1a: 17.6 GFLOP/s, 15 GB/s of memory by the authors' own benchmark. */
    private final Roofline opteron = new Roofline(17.6e9, Map.of("memory", 15e9));

    @Test
    void bandwidthBoundsLowIntensityAndThePeakHighIntensity() {
        assertEquals(1.875e9, opteron.attainable("memory", 1.0 / 8), 1);
        assertEquals(15e9, opteron.attainable("memory", 1), 1);
        assertEquals(17.6e9, opteron.attainable("memory", 2));
        assertEquals(17.6e9, opteron.attainable("memory", 16));
        assertEquals(0, opteron.attainable("memory", 0));
    }

    @Test
    void theRidgeIsWhereBothAreEqual() {
        double ridge = opteron.ridge("memory");
        assertEquals(17.6 / 15, ridge, 1e-12);
        assertEquals(17.6e9, opteron.attainable("memory", ridge), 1e-3);
        assertEquals(8.8e9, opteron.attainable("memory", ridge / 2), 1e-3);
    }

    @Test
    void everyLevelHasItsOwnRoof() {
        Map<String, Double> bandwidths = new LinkedHashMap<>();
        bandwidths.put("L1", 400e9);
        bandwidths.put("L2", 200e9);
        bandwidths.put("memory", 20e9);
        Roofline roofline = new Roofline(100e9, bandwidths);
        bandwidths.clear();
        assertEquals(List.of("L1", "L2", "memory"), List.copyOf(roofline.bandwidths().keySet()));
        assertEquals(List.of(0.25, 0.5, 5.0), roofline.bandwidths().keySet().stream().map(roofline::ridge).toList());
        assertEquals(50e9, roofline.attainable("L2", 0.25));
        assertEquals("the roofline has no level 'L3': it has L1, L2, memory",
                assertThrows(UnsupportedException.class, () -> roofline.ridge("L3")).getMessage());
    }
}
