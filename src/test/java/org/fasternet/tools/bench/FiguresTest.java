package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.fasternet.tools.bench.peak.ComputePeak;
import org.fasternet.tools.bench.peak.NumberType;
import org.fasternet.tools.bench.peak.Rates;
import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void roundsThatLieFarApartAreSaid() {
        assertEquals(List.of(), Figures.spread(List.of()));
        assertEquals(List.of(), Figures.spread(List.of(2.0)));
        assertEquals(List.of(), Figures.spread(List.of(2.0, 2.19, 2.1)));
        assertEquals(List.of("the rounds spread by 15 %"), Figures.spread(List.of(2.1, 2.0, 2.3)));
    }

    @Test
    void thoseOfAPeakToo() {
        ComputePeak peak = new ComputePeak("avx2", NumberType.of("f32").orElseThrow(), "vfmadd231ps", 1, new Rates(List.of(1e9, 2e9)));
        assertEquals(List.of("the rounds spread by 100 %"), PeakBenchmark.line(peak).warnings());
    }
}
