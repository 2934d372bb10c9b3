package org.fasternet.bench.report;

import java.util.Arrays;
import java.util.List;

/** Which columns a table of a report has: those that a measurement has something for. */
public final class Columns {
    private Columns() {}

    public static List<Dimension> dimensions(Report report) {
        return Arrays.stream(Dimension.values())
                .filter(dimension -> report.measurements().stream().anyMatch(line -> line.subject().containsKey(dimension)))
                .toList();
    }

    public static List<Metric> metrics(Report report) {
        return Arrays.stream(Metric.values())
                .filter(metric -> report.measurements().stream().anyMatch(line -> line.values().containsKey(metric)))
                .toList();
    }
}
