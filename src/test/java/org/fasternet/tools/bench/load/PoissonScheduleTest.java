package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoissonScheduleTest {
    private static final long PUBLISHED = Long.parseUnsignedLong("16159082839903944936");
    private static final int MANY = 100_001;

    /** The C++ standard gives this value in [rand.predef], for the seed 5489. */
    @Test
    void theGeneratorIsTheStandards() {
        MersenneTwister random = new MersenneTwister(5489);
        IntStream.range(0, 9999).forEach(i -> random.next());
        assertEquals(4_123_659_995L, random.next());
    }

    /** Printed by a program on std::mt19937 and std::uniform_int_distribution&lt;&gt;(0, 1023), GCC 12. */
    @ParameterizedTest
    @CsvSource({"2747215439041700203, 818 976 516 292", "16159082839903944936, 773 861 329 376", "1, 427 1021 737 954"})
    void imagesAreDrawnAsInLoadGen(String seed, String images) {
        MersenneTwister random = new MersenneTwister(Long.parseUnsignedLong(seed));
        assertEquals(images, IntStream.range(0, 4).mapToObj(i -> "" + random.below(1024)).collect(Collectors.joining(" ")));
    }

    /** Printed by a program on std::mt19937 and std::exponential_distribution, with the nanoseconds cut off as LoadGen does. */
    @ParameterizedTest
    @CsvSource({
        "16159082839903944936, 1843654, 2301577, 3587439, 4300433, 4686839, 99570009041",
        "4294967295, 118340, 945460, 1692686, 3165038, 3498501, 99818633876"
    })
    void arrivalsAreLoadGens(String seed, long a, long b, long c, long d, long e, long last) {
        long[] arrivals = PoissonSchedule.of(1000, new Least(0, MANY), Long.parseUnsignedLong(seed));
        assertEquals(MANY, arrivals.length);
        assertArrayEquals(new long[] {0, a, b, c, d, e}, Arrays.copyOf(arrivals, 6));
        // A logarithm in a million may be another in its last bit, and then a nanosecond.
        assertEquals(last, arrivals[MANY - 1], 5);
    }

    @Test
    void timesBetweenArrivalsAreExponential() {
        double[] gaps = gaps(PoissonSchedule.of(250, new Least(0, MANY), PUBLISHED));
        double mean = Arrays.stream(gaps).average().orElseThrow();
        // Four standard errors of the mean, which is as large as the standard deviation.
        assertEquals(1 / 250.0, mean, 4 / 250.0 / Math.sqrt(gaps.length));
        Arrays.sort(gaps);
        double distance = 0;
        for (int i = 0; i < gaps.length; i++) {
            double expected = 1 - Math.exp(-250 * gaps[i]);
            distance = Math.max(distance, Math.max(expected - (double) i / gaps.length, (i + 1.0) / gaps.length - expected));
        }
        // Kolmogorov and Smirnov: exceeded by one exponential sample in a thousand.
        assertTrue(distance < 1.95 / Math.sqrt(gaps.length), "distance " + distance);
    }

    private static double[] gaps(long[] arrivals) {
        return IntStream.range(1, arrivals.length).mapToDouble(i -> (arrivals[i] - arrivals[i - 1]) / 1e9).toArray();
    }

    @Test
    void aSeedDecides() {
        long[] schedule = PoissonSchedule.of(100, new Least(0, 50), 3);
        assertArrayEquals(schedule, PoissonSchedule.of(100, new Least(0, 50), 3));
        assertFalse(Arrays.equals(schedule, PoissonSchedule.of(100, new Least(0, 50), 4)));
    }

    @Test
    void theLeastDurationAndCountAreReachedAndNotPassed() {
        long second = 1_000_000_000;
        long[] schedule = PoissonSchedule.of(100, new Least(second, 1), PUBLISHED);
        assertTrue(schedule[schedule.length - 1] >= second);
        assertTrue(schedule[schedule.length - 2] < second);
        assertEquals(500, PoissonSchedule.of(100, new Least(second, 500), PUBLISHED).length);
    }
}
