package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a benchmark found, and where.
 *
 * @param schema version of this structure, {@link #SCHEMA}
 * @param benchmark which one: {@code model}, {@code op}, {@code peak}, {@code load}, {@code peers}
 * @param command the command line's arguments, without the program's name
 * @param seed of everything random
 * @param complete false if it was stopped before all was measured
 * @param environment what it was measured on
 * @param primary the metric that lines are compared by, and that their rounds are of, unless {@link Measurement#metric} is
 *     another
 * @param measurements in the order of time
 * @param ceilings measured peaks of the machine that limit the measurements, as the benchmark {@code peak} has them
 * @param skipped what was asked for by {@code all} and could not be measured
 * @param steps where the time of measurements went, one line a step, in the order of the network; none unless they were profiled
 */
public record Report(
        int schema, String benchmark, List<String> command, long seed, boolean complete, Environment environment, Metric primary,
        List<Measurement> measurements, List<Measurement> ceilings, List<Skipped> skipped,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Measurement> steps) {
    public static final int SCHEMA = 1;

    public Report {
        Fields.present("benchmark", benchmark);
        command = Fields.list("command", command);
        Fields.present("environment", environment);
        Fields.present("primary", primary);
        measurements = Fields.list("measurements", measurements);
        distinct("measurements", measurements);
        ceilings = Fields.list("ceilings", ceilings);
        skipped = Fields.list("skipped", skipped);
        steps = steps == null ? List.of() : Fields.list("steps", steps);
        distinct("steps", steps);
    }

    /** Without steps. */
    public Report(
            int schema, String benchmark, List<String> command, long seed, boolean complete, Environment environment,
            Metric primary, List<Measurement> measurements, List<Measurement> ceilings, List<Skipped> skipped) {
        this(schema, benchmark, command, seed, complete, environment, primary, measurements, ceilings, skipped, List.of());
    }

    /** @throws IllegalArgumentException if two lines are of the same subject */
    private static void distinct(String list, List<Measurement> lines) {
        Set<Map<Dimension, String>> subjects = new HashSet<>();
        for (Measurement line : lines) {
            if (!subjects.add(line.subject())) {
                throw new IllegalArgumentException("'" + list + "' has two lines of the same subject: " + line.name());
            }
        }
    }

    /**
     * Something that could not be measured here.
     *
     * @param reason in a sentence
     */
    public record Skipped(Map<Dimension, String> subject, String reason) {
        public Skipped {
            subject = Fields.ordered(Dimension.class, "subject", subject);
            Fields.present("reason", reason);
        }
    }

    /** Sentences on what is not in the report and on how far to trust what is. */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (!complete) {
            remarks.add("warning: stopped before all was measured");
        }
        environment.warnings().forEach(warning -> remarks.add("warning: " + warning));
        measurements.forEach(line -> line.warnings().forEach(warning -> remarks.add("warning: " + line.name() + ": " + warning)));
        skipped.forEach(left -> remarks.add(
                "not measured: " + String.join(" ", left.subject().values()) + ": " + left.reason()));
        return remarks;
    }
}
