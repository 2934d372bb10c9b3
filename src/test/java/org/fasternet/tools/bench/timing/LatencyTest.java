package org.fasternet.tools.bench.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatencyTest {
    private static void assertFigures(
            Latency is, double min, double mean, double p50, double p90, double p99, double p999, double max, double deviation) {
        assertArrayEquals(
                new double[] {min, mean, p50, p90, p99, p999, max, deviation},
                new double[] {is.min(), is.mean(), is.p50(), is.p90(), is.p99(), is.p999(), is.max(), is.deviation()}, 1e-9);
    }

    @Test
    void oneTimeIsAllThereIs() {
        assertFigures(Latency.of(new long[] {7}), 7, 7, 7, 7, 7, 7, 7, 0);
        assertEquals(1, Latency.of(new long[] {7}).count());
        assertEquals(0, Latency.of(new long[] {7}).cv());
    }

    @Test
    void theMedianOfTwoIsTheLower() {
        assertFigures(Latency.of(new long[] {30, 10}), 10, 20, 10, 30, 30, 30, 30, Math.sqrt(200));
    }

    /** By hand: 1 1 2 3 3 4 5 5 6 9, sum 39, sum of squares 207. */
    @Test
    void ten() {
        long[] nanos = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
        Latency latency = Latency.of(nanos);
        assertFigures(latency, 1, 3.9, 3, 6, 9, 9, 9, Math.sqrt((207 - 39 * 39 / 10.0) / 9));
        assertEquals(2.469817807045694 / 3.9, latency.cv(), 1e-12);
        assertArrayEquals(new long[] {3, 1, 4, 1, 5, 9, 2, 6, 5, 3}, nanos);
    }

    /** Computed with Python's sorted() and statistics. */
    @Test
    void aThousand() {
        Latency latency = Latency.of(LongStream.rangeClosed(1, 1000).map(i -> i * 7919 % 10_007).toArray());
        assertEquals(1000, latency.count());
        assertFigures(latency, 9, 5010.524, 5003, 9006, 9901, 9987, 9997, 2887.5910038004395);
    }

    @Test
    void ranksAreNotRoundedUpByBinaryFractions() {
        long[] sorted = LongStream.rangeClosed(1, 100_000).toArray();
        assertEquals(99_900, Latency.percentile(sorted, 99.9));
        assertEquals(99_000, Latency.percentile(sorted, 99));
        assertEquals(70_000, Latency.percentile(sorted, 70));
        assertEquals(1, Latency.percentile(sorted, 0));
        assertEquals(100_000, Latency.percentile(sorted, 100));
    }

    @Test
    void noTimesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Latency.of(new long[0]));
    }
}
