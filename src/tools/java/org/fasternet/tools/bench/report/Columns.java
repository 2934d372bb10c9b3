package org.fasternet.tools.bench.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which columns a table of lines has, those that a line has something for, and how they show figures. */
public final class Columns {
    private Columns() {}

    public static List<Dimension> dimensions(List<Measurement> lines) {
        return Arrays.stream(Dimension.values())
                .filter(dimension -> lines.stream().anyMatch(line -> line.subject().containsKey(dimension)))
                .toList();
    }

    public static List<Metric> metrics(List<Measurement> lines) {
        return Arrays.stream(Metric.values())
                .filter(metric -> lines.stream().anyMatch(line -> line.values().containsKey(metric)))
                .toList();
    }

    /** A figure as it is shown: four significant digits, and no fewer than the whole number has. */
    public static String number(double value) {
        int whole = value == 0 ? 1 : (int) Math.floor(Math.log10(Math.abs(value))) + 1;
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(Locale.ROOT, "%." + Math.min(6, Math.max(0, 4 - whole)) + "f", value);
    }
}
