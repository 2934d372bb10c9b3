package org.fasternet.bench.report;

import java.util.List;
import java.util.Map;

/**
 * What a benchmark found, and where.
 *
 * @param schema version of this structure, {@link #SCHEMA}
 * @param benchmark which one: {@code model}, {@code op}, {@code peak}, {@code load}, {@code peers}
 * @param command the command line's arguments, without the program's name
 * @param seed of everything random
 * @param complete false if it was stopped before all was measured
 * @param environment what it was measured on
 * @param primary the metric that {@link Measurement#rounds} has once per round, and that reports are compared by
 * @param measurements in the order of time
 * @param skipped what was asked for by {@code all} and could not be measured
 */
public record Report(
        int schema, String benchmark, List<String> command, long seed, boolean complete, Environment environment, Metric primary,
        List<Measurement> measurements, List<Skipped> skipped) {
    public static final int SCHEMA = 1;

    public Report {
        command = List.copyOf(command);
        measurements = List.copyOf(measurements);
        skipped = List.copyOf(skipped);
    }

    /**
     * Something that could not be measured here.
     *
     * @param reason in a sentence
     */
    public record Skipped(Map<Dimension, String> subject, String reason) {}
}
