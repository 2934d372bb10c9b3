package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tools.bench.timing.Latency;
import org.junit.jupiter.api.Test;

class LoadGeneratorTest {
    private static final long MILLI = 1_000_000;
    private static final int IMAGES = 1024;

    private static LoadGenerator load(FakeSystem system, BooleanSupplier stopped) {
        return new LoadGenerator(system, system, IMAGES, 1, stopped);
    }

    private static LoadGenerator load(FakeSystem system) {
        return load(system, () -> false);
    }

    @Test
    void aStreamsQueryComesWhenTheOneBeforeIsAnswered() {
        FakeSystem system = new FakeSystem(true, i -> (i + 1) * MILLI);
        LoadRun run = load(system).stream(Scenario.SINGLE_STREAM, new Least(0, 4));
        assertArrayEquals(new long[] {MILLI, 2 * MILLI, 3 * MILLI, 4 * MILLI}, run.latencies());
        assertArrayEquals(new long[] {MILLI, 3 * MILLI, 6 * MILLI, 10 * MILLI}, run.answered());
        assertEquals(6 * MILLI, run.covered());
        assertEquals(10 * MILLI, run.elapsed());
        assertEquals(400, run.samplesPerSecond(), 1e-9);
        assertTrue(run.complete());
        assertEquals(List.of(818, 976), system.issued.stream().limit(2).map(Query::first).sorted().toList());
    }

    /** The last query is the first one that is issued when the time is over. */
    @Test
    void aStreamLastsAsLongAsItMust() {
        LoadRun run = load(new FakeSystem(true, i -> 3 * MILLI)).stream(Scenario.SINGLE_STREAM, new Least(10 * MILLI, 1));
        assertEquals(5, run.queries());
        assertEquals(12 * MILLI, run.covered());
    }

    @Test
    void multiStreamAsksForEightNeighbours() {
        FakeSystem system = new FakeSystem(true, i -> 8 * MILLI);
        LoadRun run = load(system).stream(Scenario.MULTI_STREAM, new Least(0, 3));
        assertEquals(List.of(8, 8, 8), system.issued.stream().map(Query::samples).toList());
        assertEquals(3, run.queries());
        assertEquals(24, run.samples());
        assertEquals(1000, run.samplesPerSecond(), 1e-9);
    }

    /** A system that is stuck for a while is late with everything that arrived meanwhile. */
    @Test
    void aServersLatencyCountsFromTheScheduledArrival() {
        long stuck = 1000 * MILLI;
        FakeSystem system = new FakeSystem(false, i -> i == 0 ? stuck : 1);
        LoadRun run = load(system).server(100, new Least(0, 20), 15 * MILLI, n -> n);
        long[] schedule = PoissonSchedule.of(100, new Least(0, 20), Long.parseUnsignedLong("16159082839903944936"));
        assertArrayEquals(IntStream.range(0, 20).mapToLong(i -> stuck + i - schedule[i]).toArray(), run.latencies());
        assertEquals(schedule[19], run.covered());
        assertTrue(run.complete());
    }

    @Test
    void theClockBeingLateMakesTheAnswersLate() {
        // A query that blocks its issuer delays the next ones' issue, not their schedule.
        LoadRun run = load(new FakeSystem(true, i -> 1000 * MILLI)).server(100, new Least(0, 3), 15 * MILLI, n -> n);
        long[] schedule = PoissonSchedule.of(100, new Least(0, 3), Long.parseUnsignedLong("16159082839903944936"));
        assertEquals(3000 * MILLI - schedule[2], run.latencies()[2]);
    }

    @Test
    void aServerThatIsTooLateIsGivenUp() {
        FakeSystem system = new FakeSystem(false, i -> 20 * MILLI);
        LoadRun run = load(system).server(10, new Least(0, 1000), 15 * MILLI, n -> n == 1000 ? 2 : 0);
        assertEquals(3, system.issued.size());
        assertFalse(run.complete());
    }

    @Test
    void offlineIsOneQuery() {
        FakeSystem system = new FakeSystem(true, i -> 2000 * MILLI);
        LoadRun run = load(system).offline(5000);
        assertEquals(1, system.issued.size());
        assertEquals(5000, system.issued.get(0).samples());
        assertEquals(1, run.queries());
        assertEquals(5000, run.samples());
        assertEquals(2500, run.samplesPerSecond(), 1e-9);
        assertEquals(2000 * MILLI, run.covered());
    }

    @Test
    void stoppedItKeepsWhatWasAnswered() {
        AtomicInteger asked = new AtomicInteger();
        LoadRun run = load(new FakeSystem(true, i -> MILLI), () -> asked.incrementAndGet() > 3)
                .stream(Scenario.SINGLE_STREAM, new Least(0, 1000));
        assertTrue(run.queries() > 0 && run.queries() < 5, "queries: " + run.queries());
        assertFalse(run.complete());

        LoadRun none = load(new FakeSystem(false, i -> MILLI), () -> true).server(100, new Least(0, 10), MILLI, n -> n);
        assertEquals(0, none.queries());
        assertFalse(none.complete());
    }

    /** The second query arrives hours later. */
    @Test
    void stoppedAServerSleepsNoLonger() {
        FakeSystem system = new FakeSystem(false, i -> MILLI);
        long start = system.nanos();
        LoadRun run = load(system, () -> system.nanos() - start > 100 * MILLI).server(1e-4, new Least(0, 2), MILLI, n -> n);
        assertEquals(1, run.queries());
        assertFalse(run.complete());
        assertEquals(120 * MILLI, system.nanos() - start, 20 * MILLI);
    }

    @Test
    void anotherSeedIsAnotherScheduleAndOrder() {
        FakeSystem one = new FakeSystem(false, i -> MILLI);
        FakeSystem two = new FakeSystem(false, i -> MILLI);
        long[] first = load(one).server(100, new Least(0, 50), MILLI, n -> n).answered();
        LoadGenerator other = new LoadGenerator(two, two, IMAGES, 2, () -> false);
        long[] second = other.server(100, new Least(0, 50), MILLI, n -> n).answered();
        assertNotEquals(first[49], second[49]);
        assertNotEquals(one.issued.stream().map(Query::first).toList(), two.issued.stream().map(Query::first).toList());
    }

    @Test
    void aFailureOfTheSystemIsTheRuns() {
        SystemUnderTest broken = new SystemUnderTest() {
            @Override
            public void issue(Query query) {
                query.answers().failed(new UnsupportedException("no more"));
            }

            @Override
            public void drop() {}
        };
        LoadGenerator load = new LoadGenerator(broken, LoadClock.SYSTEM, IMAGES, 1, () -> false);
        assertEquals("no more", assertThrows(UnsupportedException.class, () -> load.offline(10)).getMessage());
    }

    private static LoadRun run(Scenario scenario, long[] latencies, long... answered) {
        for (int i = 0; i < answered.length; i++) {
            latencies[i] *= MILLI;
            answered[i] *= MILLI;
        }
        return new LoadRun(scenario, Double.NaN, latencies, answered, 0, true);
    }

    /** The parts have equally many moments of an answer: none is without, however long there was no answer. */
    @Test
    void ratesTellOfEachPartOfARun() {
        LoadRun run = run(Scenario.MULTI_STREAM, new long[4], 200, 1000, 250, 500);
        assertEquals(List.of(2 * 8 / 0.25, 2 * 8 / 0.75), run.rates(2));
        assertEquals(List.of(8 / 0.2, 8 / 0.05, 8 / 0.25, 8 / 0.5), run.rates(10));
        assertEquals(List.of(), LoadRun.none(Scenario.SERVER).rates(2));
        LoadRun batches = run(Scenario.OFFLINE, new long[5], 100, 100, 300, 300, 300);
        assertEquals(List.of(2 / 0.1, 3 / 0.2), batches.rates(10));
    }

    @Test
    void latenciesTellOfEachPartOfARun() {
        LoadRun run = run(Scenario.SERVER, new long[] {7, 9, 1, 2, 3}, 10, 50, 20, 30, 40);
        assertEquals(List.of(7.0 * MILLI, 9.0 * MILLI), run.latencies(2, Latency::max));
        assertEquals(List.of(1.0 * MILLI, 2.0 * MILLI), run.latencies(2, Latency::min));
        assertEquals(5, run.latencies(10, Latency::max).size());
        assertEquals(List.of(), LoadRun.none(Scenario.SERVER).latencies(2, Latency::max));
    }
}
