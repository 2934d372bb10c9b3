package org.fasternet.tools.bench.load;

import java.util.Arrays;

/**
 * MLPerf's four ways to ask for inference, with the numbers of the published rules: "Scenarios" in {@code inference_rules.adoc}
 * of mlcommons/inference_policies (commit ac93e89, July 2026), and {@code mlperf.conf} (the rows of ResNet-50, MLPerf's image
 * classifier) and {@code test_settings.h} of LoadGen 6.0.17 (mlcommons/inference, commit b66003e).
 */
public enum Scenario {
    /** The next query, of one sample, comes when the one before is answered. Its result is the 90th percentile of latency. */
    SINGLE_STREAM("SingleStream", 0.90, 1, 100, 100),
    /** The next query, of eight samples, comes when the one before is answered. Its result is the 99th percentile of latency. */
    MULTI_STREAM("MultiStream", 0.99, 8, 662, 8 * 662),
    /** Queries of one sample arrive as a Poisson process. Its result is the highest rate that keeps 99 % within a bound. */
    SERVER("Server", 0.99, 1, 100, 100),
    /** One query brings all samples. Its result is the throughput. */
    OFFLINE("Offline", Double.NaN, 1, 1, 24_576);

    private final String id;
    private final double share;
    private final int samplesPerQuery;
    private final int leastQueries;
    private final int leastSamples;

    Scenario(String id, double share, int samplesPerQuery, int leastQueries, int leastSamples) {
        this.id = id;
        this.share = share;
        this.samplesPerQuery = samplesPerQuery;
        this.leastQueries = leastQueries;
        this.leastSamples = leastSamples;
    }

    /** The name that MLPerf gives it. */
    public String id() {
        return id;
    }

    /** The same. */
    @Override
    public String toString() {
        return id;
    }

    /** The share of queries that its tail latency covers; NaN for Offline, which has none. */
    double share() {
        return share;
    }

    /** Samples that one query brings; 1 for Offline, where it is the samples that are timed. */
    int samplesPerQuery() {
        return samplesPerQuery;
    }

    int leastQueries() {
        return leastQueries;
    }

    int leastSamples() {
        return leastSamples;
    }

    /** Whether a query comes only when the one before has been answered. */
    public boolean stream() {
        return this == SINGLE_STREAM || this == MULTI_STREAM;
    }

    /** The most samples that can wait for a session at once: no batch can have more. */
    public int mostWaiting() {
        return stream() ? samplesPerQuery : Integer.MAX_VALUE;
    }

    /**
     * In any case of letters.
     *
     * @throws IllegalArgumentException if there is no such scenario
     */
    public static Scenario of(String name) {
        return Arrays.stream(values()).filter(scenario -> scenario.id.equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no scenario is called '" + name + "'"));
    }
}
