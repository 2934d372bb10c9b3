package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * One line of a report.
 *
 * @param subject what was measured; no two measurements of a report have the same
 * @param values the figures
 * @param metric what the rounds are of and lines are compared by; null: the report's primary metric
 * @param rounds that metric, once per round in the order of time: what the uncertainty is told from
 * @param verdict {@code VALID}, or {@code INVALID} and the reason, where a rule decides; else null
 * @param implementations names of what ran, without repetition
 * @param warnings sentences on what makes the figures less trustworthy
 * @param busyMillis the median of what each thread computed in a run, in milliseconds, the caller's first; it waited in the rest;
 *     null if it was not measured
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Measurement(
        Map<Dimension, String> subject, Map<Metric, Double> values, Metric metric, List<Double> rounds, String verdict,
        List<String> implementations, List<String> warnings, List<Double> busyMillis) {
    public Measurement {
        subject = Fields.ordered(Dimension.class, "subject", subject);
        values = Fields.ordered(Metric.class, "values", values);
        values.forEach((key, value) -> Fields.finite(key.id(), value));
        rounds = Fields.list("rounds", rounds);
        rounds.forEach(round -> Fields.finite("rounds", round));
        implementations = Fields.list("implementations", implementations);
        warnings = Fields.list("warnings", warnings);
        busyMillis = busyMillis == null ? null : Fields.list("busyMillis", busyMillis);
    }

    /** Without times of threads. */
    public Measurement(
            Map<Dimension, String> subject, Map<Metric, Double> values, Metric metric, List<Double> rounds, String verdict,
            List<String> implementations, List<String> warnings) {
        this(subject, values, metric, rounds, verdict, implementations, warnings, null);
    }

    /** With rounds of the report's primary metric. */
    public Measurement(
            Map<Dimension, String> subject, Map<Metric, Double> values, List<Double> rounds, String verdict,
            List<String> implementations, List<String> warnings) {
        this(subject, values, null, rounds, verdict, implementations, warnings);
    }

    /** The subject in words, such as {@code T0 fused f32 1 224x224 2}. */
    public String name() {
        return String.join(" ", subject.values());
    }
}
