package org.fasternet.tools.bench.load;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.fasternet.Library;

/**
 * A run in the words of MLPerf's logs: the keys that LoadGen 6.0.17 writes of settings ({@code test_settings_internal.cc}) and
 * results ({@code results.cc}), with what they mean there.
 */
final class RunLog {
    private static final double[] PERCENTILES = {0.50, 0.90, 0.95, 0.97, 0.99, 0.999};
    private static final String RULE = "================================================";

    private final LoadSettings settings;
    private final Scenario scenario;
    private final int images;
    private final DetailLog log = new DetailLog();

    /**
     * @param system its name
     * @param images in the data set
     */
    RunLog(LoadSettings settings, Scenario scenario, String system, int images) {
        this.settings = settings;
        this.scenario = scenario;
        this.images = images;
        log.put("loadgen_version", "fasternet " + Library.version() + ", by the rules of LoadGen 6.0.17");
        log.put("test_datetime", LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss")));
        log.put("sut_name", system);
        log.put("qsl_reported_total_count", images);
        log.put("qsl_reported_performance_count", images);
    }

    /** Of a run that tells how right the answers are: all images once. */
    DetailLog accuracy() {
        settings("AccuracyOnly", scenario.samplesPerQuery(), 0);
        log.put("effective_accuracy_sample_count", images);
        return log;
    }

    /** @param rate what the system was expected to answer, in samples per second */
    DetailLog performance(LoadRun run, Rules rules, double rate) {
        boolean server = scenario == Scenario.SERVER;
        settings("PerformanceOnly", scenario == Scenario.OFFLINE ? run.samples() : scenario.samplesPerQuery(),
                server ? run.targetQps() : rate / scenario.samplesPerQuery());
        verdict(run, rules);
        switch (scenario) {
            case SINGLE_STREAM -> singleStream(run);
            case MULTI_STREAM -> log.put("early_stopping_latency_ms", estimate(run, scenario.share()));
            case SERVER -> server(run, rules);
            case OFFLINE -> log.put("result_samples_per_second", run.samplesPerSecond());
        }
        latencies(run);
        return log;
    }

    private void settings(String mode, int samplesPerQuery, double qps) {
        Least least = settings.least(scenario);
        int queries = scenario == Scenario.OFFLINE ? 1 : least.queries();
        Seeds seeds = Seeds.of(settings.seed());
        for (String of : List.of("requested_", "effective_")) {
            log.put(of + "scenario", scenario.id()).put(of + "test_mode", mode);
            log.put(of + "min_duration_ms", settings.duration().toMillis()).put(of + "max_duration_ms", 0);
            log.put(of + "min_query_count", queries).put(of + "max_query_count", 0);
            log.putUnsigned(of + "qsl_rng_seed", seeds.qsl()).putUnsigned(of + "sample_index_rng_seed", seeds.sampleIndex());
            log.putUnsigned(of + "schedule_rng_seed", seeds.schedule()).put(of + "accuracy_log_rng_seed", 0);
            log.put(of + "accuracy_log_probability", 0).put(of + "accuracy_log_sampling_target", 0);
            log.put(of + "print_timestamps", false).put(of + "performance_issue_unique", false);
            log.put(of + "performance_issue_same", false).put(of + "performance_issue_same_index", 0);
        }
        log.put("effective_samples_per_query", samplesPerQuery).put("effective_target_qps", qps);
        log.put("effective_target_latency_ns", scenario == Scenario.SERVER ? settings.latencyBound().toNanos() : 0);
        log.put("effective_target_latency_percentile", scenario == Scenario.OFFLINE ? 0.99 : scenario.share());
        log.put("effective_max_async_queries", scenario == Scenario.SERVER ? 0 : 1);
        log.put("effective_min_sample_count", (long) queries * samplesPerQuery);
        log.put("effective_performance_sample_count", images).put("effective_sample_concatenate_permutation", false);
    }

    private void verdict(LoadRun run, Rules rules) {
        String verdict = rules.verdict(run);
        List<String> unproved = rules.unproved(run);
        boolean valid = verdict.equals(Rules.VALID);
        log.put("result_validity", valid ? verdict : "INVALID");
        if (scenario == Scenario.SERVER) {
            log.put("result_perf_constraints_met", rules.withinBound(run));
        }
        log.put("result_min_duration_met", Rules.longEnough(run)).put("result_min_queries_met", Rules.enoughQueries(run));
        log.put("early_stopping_met", unproved.isEmpty());
        if (!valid) {
            log.put("result_invalid_reason", verdict);
        }
        log.put("early_stopping_result", String.join("; ", unproved));
        log.put("result_query_count", run.queries());
    }

    private void singleStream(LoadRun run) {
        log.put("result_qps_with_loadgen_overhead", perSecond(run.queries() - 1, run.covered()));
        log.put("result_qps_without_loadgen_overhead", 1e9 / LongStream.of(run.latencies()).average().orElse(Double.NaN));
        log.put("early_stopping_latency_ss", estimate(run, scenario.share()));
        log.put("early_stopping_latency_ms", estimate(run, Scenario.MULTI_STREAM.share()));
    }

    /** The last query begins what would be the next interval: it is not counted. */
    private void server(LoadRun run, Rules rules) {
        log.put("result_overlatency_query_count", rules.late(run.latencies()));
        log.put("result_scheduled_samples_per_sec", perSecond(run.queries() - 1, run.covered()));
        log.put("result_completed_samples_per_sec", perSecond(run.queries() - 1, run.elapsed()));
    }

    private static double perSecond(int count, long nanos) {
        return count * 1e9 / nanos;
    }

    /** 0 where there are too few queries, as LoadGen has it. */
    private static long estimate(LoadRun run, double share) {
        OptionalLong estimate = new EarlyStopping(share).estimate(run.sortedLatencies());
        return estimate.orElse(0);
    }

    /** In MultiStream of queries: of single samples there are no times. */
    private void latencies(LoadRun run) {
        boolean queries = scenario == Scenario.MULTI_STREAM;
        String of = queries ? "_query_latency_ns" : "_latency_ns";
        long[] sorted = run.sortedLatencies();
        log.put("result_min" + of, sorted[0]).put("result_max" + of, sorted[sorted.length - 1]);
        log.put("result_mean" + of, (long) LongStream.of(sorted).average().orElse(0));
        for (double share : PERCENTILES) {
            String name = String.format(Locale.ROOT, "result_%.2f_percentile_%slatency_ns", 100 * share, queries ? "per_query_" : "");
            log.put(name, sorted[(int) (sorted.length * share)]);
        }
    }

    /** For people: {@code mlperf_log_summary.txt}. */
    static List<String> summary(DetailLog log) {
        List<String> lines = new ArrayList<>(List.of(RULE, "MLPerf Results Summary", RULE));
        lines.add("SUT name : " + log.get("sut_name"));
        lines.add("Scenario : " + log.get("effective_scenario"));
        lines.add("Mode     : " + log.get("effective_test_mode"));
        Result.of(log).ifPresent(result -> {
            lines.add(result.words + " : " + log.get(result.key));
            lines.add("Result is : " + log.get("result_validity"));
            lines.add("  Min duration satisfied : " + yes(log, "result_min_duration_met"));
            lines.add("  Min queries satisfied : " + yes(log, "result_min_queries_met"));
            lines.add("  Early stopping satisfied: " + yes(log, "early_stopping_met"));
            if (log.get("result_invalid_reason") != null) {
                lines.add(" * " + log.get("result_invalid_reason"));
            }
        });
        lines.addAll(List.of("", RULE, "Test Parameters Used", RULE));
        for (String key : List.of("samples_per_query", "target_qps", "target_latency_ns", "min_duration_ms", "min_query_count",
                "qsl_rng_seed", "sample_index_rng_seed", "schedule_rng_seed", "performance_sample_count")) {
            lines.add(key + " : " + log.get("effective_" + key));
        }
        lines.addAll(List.of("", "No warnings encountered during test.", "", "No errors encountered during test."));
        return lines;
    }

    private static String yes(DetailLog log, String key) {
        return Boolean.TRUE.equals(log.get(key)) ? "Yes" : "NO";
    }

    /** What a scenario's result is, by its key: what MLPerf's submission checker takes for it. */
    private enum Result {
        SINGLE_STREAM("90th percentile latency, early stopping estimate (ns)", "early_stopping_latency_ss"),
        MULTI_STREAM("99th percentile latency, early stopping estimate (ns)", "early_stopping_latency_ms"),
        SERVER("Completed samples per second", "result_completed_samples_per_sec"),
        OFFLINE("Samples per second", "result_samples_per_second");

        private final String words;
        private final String key;

        Result(String words, String key) {
            this.words = words;
            this.key = key;
        }

        /** Empty of a run that was for accuracy. */
        static Optional<Result> of(DetailLog log) {
            return Arrays.stream(values()).filter(result -> log.get(result.key) != null).findFirst();
        }
    }
}
