package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Runs of a scripted system on a clock of its own, in which ten minutes are over at once. */
class RulesTest {
    private static final long MILLI = 1_000_000;
    private static final long TEN_MINUTES = 600_000 * MILLI;
    private static final long BOUND = 15 * MILLI;

    private static String verdict(LoadRun run) {
        return new Rules(BOUND).verdict(run);
    }

    private static LoadGenerator load(boolean blocking, IntToLongFunction service) {
        FakeSystem system = new FakeSystem(blocking, service);
        return new LoadGenerator(system, system, 1024, 1, () -> false);
    }

    private static LoadRun stream(Scenario scenario, long latency, Least least) {
        return load(true, i -> latency).stream(scenario, least);
    }

    private static LoadRun server(double qps, Least least, IntToLongFunction service) {
        return load(false, service).server(qps, least, BOUND, n -> n);
    }

    @Test
    void runsThatMeetAllRulesAreValid() {
        assertEquals("VALID", verdict(stream(Scenario.SINGLE_STREAM, 100 * MILLI, new Least(TEN_MINUTES, 100))));
        assertEquals("VALID", verdict(stream(Scenario.MULTI_STREAM, 800 * MILLI, new Least(TEN_MINUTES, 662))));
        assertEquals("VALID", verdict(server(20, new Least(TEN_MINUTES, 100), i -> MILLI)));
        assertEquals("VALID", verdict(load(true, i -> TEN_MINUTES).offline(24_576)));
    }

    @Test
    void aShorterRunThanPublishedIsInvalid() {
        String reason = "INVALID: it ran for 60.0 s, the published minimum is 600 s";
        Least minute = new Least(TEN_MINUTES / 10, 662);
        assertEquals(reason, verdict(stream(Scenario.SINGLE_STREAM, 10 * MILLI, minute)));
        assertEquals(reason, verdict(stream(Scenario.MULTI_STREAM, 10 * MILLI, minute)));
        assertEquals(reason, verdict(server(100, minute, i -> MILLI)));
        assertEquals(reason, verdict(load(true, i -> TEN_MINUTES / 10).offline(24_576)));
    }

    @Test
    void fewQueriesAreInvalid() {
        assertEquals(
                "INVALID: 99 queries, the published minimum is 100",
                verdict(stream(Scenario.SINGLE_STREAM, TEN_MINUTES / 98 + 1, new Least(0, 99))));
        assertEquals(
                "INVALID: 63 queries, early stopping needs 64; 63 queries, the published minimum is 100",
                verdict(stream(Scenario.SINGLE_STREAM, TEN_MINUTES / 60, new Least(0, 63))));
        assertEquals(
                "INVALID: 661 queries, early stopping needs 662; 661 queries, the published minimum is 662",
                verdict(stream(Scenario.MULTI_STREAM, TEN_MINUTES / 600, new Least(0, 661))));
        assertEquals(
                "INVALID: 24575 samples, the published minimum is 24576", verdict(load(true, i -> TEN_MINUTES).offline(24_575)));
    }

    @Test
    void aServerBeyondTheBoundIsInvalid() {
        assertEquals(
                "INVALID: 99 % of the queries took up to 15.50 ms, the bound is 15.00 ms",
                verdict(run(10_000, 101, 15_500_000)));
        assertEquals("VALID", verdict(run(10_000, 77, 15_500_000)));
        assertEquals("VALID", verdict(run(10_000, 10_000, BOUND)));
    }

    /** 78 of 10,000 would do if the share were known to be that of all queries to come: see {@link EarlyStoppingTest}. */
    @Test
    void aServerThatEarlyStoppingIsNotSureOfIsInvalid() {
        assertEquals(
                "INVALID: 78 of 10000 queries took longer than 15.00 ms, early stopping needs 10102 queries for that",
                verdict(run(10_000, 78, 15_500_000)));
        assertEquals(
                "INVALID: 0 of 458 queries took longer than 15.00 ms, early stopping needs 459 queries for that",
                verdict(run(458, 0, 0)));
    }

    /** LoadGen looks at the value whose index is the count times the share: of 10,000 the 9,901st. */
    @Test
    void thePercentileIsLoadGens() {
        assertEquals(
                "INVALID: 99 % of the queries took up to 15.50 ms, the bound is 15.00 ms", verdict(run(10_000, 100, 15_500_000)));
        assertEquals(
                "INVALID: 99 of 10000 queries took longer than 15.00 ms, early stopping needs 12460 queries for that",
                verdict(run(10_000, 99, 15_500_000)));
    }

    /** A complete run of ten minutes with so many late answers. */
    private static LoadRun run(int queries, int late, long latency) {
        long[] latencies = new long[queries];
        Arrays.fill(latencies, MILLI);
        Arrays.fill(latencies, 0, late, latency);
        return new LoadRun(Scenario.SERVER, 100, latencies, new long[queries], TEN_MINUTES, true);
    }

    @Test
    void anOverloadedServerIsInvalid() {
        String verdict = verdict(server(20, new Least(TEN_MINUTES, 100), i -> 100 * MILLI));
        assertEquals("INVALID: 99 % of the queries took up to ", verdict.substring(0, 41).replaceAll("\\d+$", ""), verdict);
    }

    @Test
    void aRunThatDidNotEndIsInvalid() {
        assertEquals(
                "INVALID: it did not go on to its end; no query was answered;"
                        + " it ran for 0.0 s, the published minimum is 600 s; 0 queries, the published minimum is 100",
                verdict(LoadRun.none(Scenario.SERVER)));
    }
}
