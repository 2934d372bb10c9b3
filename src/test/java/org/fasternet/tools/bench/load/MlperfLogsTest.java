package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs of a scripted system on a clock of its own, by the rules of {@link SubmissionRules}. */
class MlperfLogsTest {
    private static final long MILLI = 1_000_000;
    private static final long TEN_MINUTES = 600_000 * MILLI;
    private static final Rules RULES = new Rules(15 * MILLI);

    @TempDir
    Path folder;

    private static LoadSettings settings(Duration duration, long seed) {
        return new LoadSettings(duration, true, Duration.ofMillis(15), OptionalDouble.empty(), Duration.ZERO, seed);
    }

    private static LoadGenerator load(boolean blocking, long seed, IntToLongFunction service) {
        FakeSystem system = new FakeSystem(blocking, service);
        return new LoadGenerator(system, system, 1024, seed, () -> false);
    }

    /** Writes the logs of a run, and returns their folder. */
    private Path written(LoadRun run, LoadSettings settings, int images) {
        new MlperfLogs(folder, "a system").performance(run, settings, RULES, images, 100);
        return folder.resolve(run.scenario().id()).resolve("performance").resolve("run_1");
    }

    private List<String> faults(LoadRun run) throws IOException {
        return SubmissionRules.performance(written(run, settings(Duration.ofMinutes(10), 1), 1024));
    }

    private static LoadRun stream(Scenario scenario, long latency, long nanos) {
        return load(true, 1, i -> latency).stream(scenario, new Least(nanos, scenario.leastQueries()));
    }

    private static LoadRun server(double qps, long latency) {
        return load(false, 1, i -> latency).server(qps, new Least(TEN_MINUTES, 459), RULES.bound(), n -> n);
    }

    @Test
    void runsThatMeetTheRulesAreTaken() throws IOException {
        assertEquals(List.of(), faults(stream(Scenario.SINGLE_STREAM, 100 * MILLI, TEN_MINUTES)));
        assertEquals(List.of(), faults(stream(Scenario.MULTI_STREAM, 800 * MILLI, TEN_MINUTES)));
        assertEquals(List.of(), faults(server(20, MILLI)));
        assertEquals(List.of(), faults(load(true, 1, i -> TEN_MINUTES).offline(24_576)));
    }

    @Test
    void othersAreRefusedForTheirReason() throws IOException {
        assertEquals(List.of("result_validity"), faults(stream(Scenario.SINGLE_STREAM, 100 * MILLI, TEN_MINUTES / 2)));
        assertEquals(List.of("early_stopping_met", "result_validity"), faults(server(20, 100 * MILLI)));
        assertEquals(List.of("samples per query", "result_validity"), faults(load(true, 1, i -> TEN_MINUTES).offline(24_575)));
        LoadRun run = stream(Scenario.SINGLE_STREAM, 100 * MILLI, TEN_MINUTES);
        assertEquals(List.of("min_duration"),
                SubmissionRules.performance(written(run, settings(Duration.ofMinutes(9), 1), 1024)));
        assertEquals(List.of("seeds"), SubmissionRules.performance(written(run, settings(Duration.ofMinutes(10), 2), 1024)));
        assertEquals(List.of("performance_sample_count"),
                SubmissionRules.performance(written(run, settings(Duration.ofMinutes(10), 1), 1023)));
    }

    /** 6,001 queries begin within ten minutes, 100 ms apart. */
    @Test
    void figuresMeanWhatLoadGenMeans() throws IOException {
        SubmissionRules single = SubmissionRules.of(
                written(stream(Scenario.SINGLE_STREAM, 100 * MILLI, TEN_MINUTES), settings(Duration.ofMinutes(10), 1), 1024));
        assertEquals(6001, single.number("result_query_count"));
        assertEquals(10, single.number("result_qps_with_loadgen_overhead"), 1e-9);
        assertEquals(10, single.number("result_qps_without_loadgen_overhead"), 1e-9);
        assertEquals(100e6, single.number("early_stopping_latency_ss"));
        assertEquals(100e6, single.number("early_stopping_latency_ms"));
        assertEquals(100e6, single.number("result_99.90_percentile_latency_ns"));
        assertEquals(0.9, single.number("effective_target_latency_percentile"));
        SubmissionRules multi = SubmissionRules.of(
                written(stream(Scenario.MULTI_STREAM, 800 * MILLI, TEN_MINUTES), settings(Duration.ofMinutes(10), 1), 1024));
        assertEquals(8, multi.number("effective_samples_per_query"));
        assertEquals(800e6, multi.number("result_50.00_percentile_per_query_latency_ns"));
        assertEquals(8 * 662, multi.number("effective_min_sample_count"));
        SubmissionRules server = SubmissionRules.of(written(server(20, MILLI), settings(Duration.ofMinutes(10), 1), 1024));
        assertEquals(20, server.number("effective_target_qps"));
        assertEquals(20, server.number("result_scheduled_samples_per_sec"), 1);
        assertEquals(0, server.number("result_overlatency_query_count"));
        SubmissionRules offline = SubmissionRules.of(
                written(load(true, 1, i -> TEN_MINUTES).offline(30_000), settings(Duration.ofMinutes(10), 1), 1024));
        assertEquals(50, offline.number("result_samples_per_second"));
        assertEquals(30_000, offline.number("effective_samples_per_query"));
    }

    @Test
    void theSummaryIsForPeople() throws IOException {
        Path written = written(stream(Scenario.SINGLE_STREAM, 100 * MILLI, TEN_MINUTES), settings(Duration.ofMinutes(10), 1), 1024);
        String summary = Files.readString(written.resolve("mlperf_log_summary.txt"));
        assertTrue(summary.contains("Scenario : SingleStream\nMode     : PerformanceOnly\n"), summary);
        assertTrue(summary.contains("estimate (ns) : 100000000\nResult is : VALID\n  Min duration satisfied : Yes\n"), summary);
        String invalid = Files.readString(written(stream(Scenario.SINGLE_STREAM, MILLI, TEN_MINUTES / 10),
                settings(Duration.ofMinutes(1), 1), 1024).resolve("mlperf_log_summary.txt"));
        assertTrue(invalid.contains("Result is : INVALID\n  Min duration satisfied : NO\n"), invalid);
        assertTrue(invalid.contains(" * INVALID: it ran for 60.0 s"), invalid);
    }
}
