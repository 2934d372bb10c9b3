package org.fasternet.tools.bench.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Runs that take scripted times on a clock of their own. */
class SamplerTest {
    private static final long MILLI = 1_000_000;

    private final StringBuilder order = new StringBuilder();
    private long now = -7;
    private boolean stopped;

    /** A run that takes {@code nanos} of its number, from 0. */
    private Runnable run(char name, IntToLongFunction nanos) {
        int[] count = {0};
        return () -> {
            order.append(name);
            now += nanos.applyAsLong(count[0]++);
        };
    }

    private Sampler sampler(Duration warmUp, int rounds, Duration duration, OptionalInt runs) {
        return sampler(warmUp, rounds, duration, runs, () -> stopped);
    }

    private Sampler sampler(Duration warmUp, int rounds, Duration duration, OptionalInt runs, BooleanSupplier stop) {
        return new Sampler(new SamplingPlan(warmUp, rounds, duration, runs), stop, () -> now);
    }

    private static Duration millis(long count) {
        return Duration.ofMillis(count);
    }

    @Test
    void aDurationIsDividedIntoRounds() {
        Samples samples = sampler(Duration.ZERO, 4, millis(100), OptionalInt.empty()).sample(run('a', i -> 10 * MILLI));
        assertEquals(List.of(3, 3, 3, 3), samples.rounds().stream().map(round -> round.length).toList());
        assertEquals(0, samples.warmUpRuns());
        assertEquals(10.0 * MILLI, samples.latency().p50());
    }

    @Test
    void runsAreDividedIntoRounds() {
        Samples samples = sampler(Duration.ZERO, 4, millis(1), OptionalInt.of(10)).sample(run('a', i -> i));
        assertEquals(List.of(2, 3, 2, 3), samples.rounds().stream().map(round -> round.length).toList());
        assertArrayEquals(new long[] {0, 1}, samples.rounds().get(0));
        assertArrayEquals(new long[] {7, 8, 9}, samples.rounds().get(3));
        assertEquals(List.of(0.0, 3.0, 5.0, 8.0), samples.medians());
    }

    @Test
    void aRoundThatIsShorterThanARunHasOne() {
        Samples samples = sampler(Duration.ZERO, 3, millis(3), OptionalInt.empty()).sample(run('a', i -> 500 * MILLI));
        assertEquals(List.of(1, 1, 1), samples.rounds().stream().map(round -> round.length).toList());
    }

    @Test
    void moreRunsThanWereReckonedWithAreAllKept() {
        Samples samples = sampler(Duration.ZERO, 1, millis(5), OptionalInt.empty()).sample(run('a', i -> 1000 + i % 2));
        assertEquals(4998, samples.latency().count());
        assertEquals(1000, samples.rounds().get(0)[4996]);
        assertEquals(1001, samples.rounds().get(0)[4997]);
    }

    @Test
    void thingsTakeTurnsInEveryRound() {
        List<Samples> samples = sampler(Duration.ZERO, 3, millis(1), OptionalInt.of(6))
                .alternate(List.of(run('a', i -> 1), run('b', i -> 2), run('c', i -> 3)));
        assertEquals("aabbcc".repeat(3), order.toString());
        assertEquals(List.of(1.0, 2.0, 3.0), samples.stream().map(s -> s.latency().mean()).toList());
    }

    /** A window has 50 ms, so 5 runs of 10 ms: the third one's median is within 2 % of the second one's. */
    @Test
    void warmIsWhatChangesByLessThanTwoPercent() {
        long[] windows = {20, 11, 11};
        Samples samples = sampler(millis(10_000), 1, millis(1), OptionalInt.of(1))
                .sample(run('a', i -> windows[Math.min(i / 5, 2)] * MILLI));
        assertTrue(samples.stable());
        assertEquals(15, samples.warmUpRuns());
        assertEquals(16, order.length());
    }

    @Test
    void aWindowOfShortRunsLastsFiftyMilliseconds() {
        Samples samples = sampler(millis(10_000), 1, millis(1), OptionalInt.of(1)).sample(run('a', i -> MILLI));
        assertTrue(samples.stable());
        assertEquals(2 * 50, samples.warmUpRuns());
    }

    @Test
    void whatDoesNotSettleIsMeasuredAndSaysSo() {
        Samples samples = sampler(millis(500), 1, millis(1), OptionalInt.of(1)).sample(run('a', i -> (10 + i) * MILLI));
        assertFalse(samples.stable());
        assertTrue(now > 500 * MILLI && now < 700 * MILLI, "until " + now);
        assertEquals(order.length() - 1, samples.warmUpRuns());
    }

    /** It is asked between runs, so what is begun is ended, and nothing is left without a time. */
    @Test
    void stoppedItHasAtLeastOneRunOfEachThing() {
        stopped = true;
        List<Samples> samples = sampler(millis(500), 5, millis(100), OptionalInt.empty())
                .alternate(List.of(run('a', i -> MILLI), run('b', i -> MILLI)));
        assertEquals("ab", order.toString());
        samples.forEach(s -> assertEquals(1, s.latency().count()));
        samples.forEach(s -> assertEquals(1, s.rounds().size()));
    }

    @Test
    void stoppedInTheMiddleItKeepsWhatThereIs() {
        Samples samples = sampler(Duration.ZERO, 5, millis(50), OptionalInt.empty(), () -> order.length() >= 13)
                .sample(run('a', i -> MILLI));
        assertEquals(List.of(10, 3), samples.rounds().stream().map(round -> round.length).toList());
    }

    @Test
    void aPlanNeedsARunPerRound() {
        assertThrows(IllegalArgumentException.class, () -> new SamplingPlan(millis(1), 0, millis(1), OptionalInt.empty()));
        assertThrows(IllegalArgumentException.class, () -> new SamplingPlan(millis(1), 3, millis(1), OptionalInt.of(2)));
    }
}
