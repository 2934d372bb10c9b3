package org.fasternet.tools.cli.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fasternet.tools.bench.report.Columns;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.cli.TextTable;

/** A report for people: a table, one more for the steps of each network, and what they should know of how far to trust it. */
final class ReportTable {
    /** Others of a step's figures follow from these. */
    private static final List<Metric> OF_STEPS = List.of(
            Metric.P50, Metric.STEP_SHARE, Metric.FLOP_RATE, Metric.INTENSITY, Metric.ROOF_SHARE, Metric.BUSY, Metric.IMBALANCE,
            Metric.BARRIER);
    /** More threads than this are told by the least and the most. */
    private static final int MOST_THREADS = 8;

    private ReportTable() {}

    /** @param wanted metrics to show, in this order, where the report has them */
    static void print(Report report, List<Metric> wanted, PrintWriter out) {
        printLines(report.measurements(), Columns.dimensions(report.measurements()), wanted, out);
        byNetwork(report.steps()).forEach((network, steps) -> {
            out.println();
            out.println("steps of " + network + ":");
            printLines(steps, List.of(Dimension.STEP), wanted.stream().filter(OF_STEPS::contains).toList(), out);
        });
        if (!report.steps().isEmpty()) {
            out.println();
        }
        report.measurements().stream().filter(line -> line.busyMillis() != null).forEach(line -> out.println(
                "threads of " + line.name() + " computed for " + busy(line) + " ms"));
        report.remarks().forEach(out::println);
    }

    private static Map<String, List<Measurement>> byNetwork(List<Measurement> steps) {
        return steps.stream().collect(Collectors.groupingBy(step -> {
            Map<Dimension, String> network = new EnumMap<>(step.subject());
            network.remove(Dimension.STEP);
            return String.join(" ", network.values());
        }, LinkedHashMap::new, Collectors.toList()));
    }

    private static void printLines(List<Measurement> lines, List<Dimension> dimensions, List<Metric> wanted, PrintWriter out) {
        List<Metric> metrics = wanted.stream().filter(Columns.metrics(lines)::contains).toList();
        boolean verdicts = lines.stream().anyMatch(line -> line.verdict() != null);
        List<List<String>> rows = lines.stream().map(line -> cells(line, dimensions, metrics, verdicts)).toList();
        List<TextTable.Column> columns = new ArrayList<>();
        dimensions.forEach(dimension -> columns.add(TextTable.left(dimension.id(), column(rows, columns.size()))));
        metrics.forEach(metric -> columns.add(TextTable.right(metric.heading(), column(rows, columns.size()))));
        if (verdicts) {
            columns.add(TextTable.left("verdict", column(rows, columns.size())));
        }
        if (!rows.isEmpty()) {
            TextTable table = new TextTable(out, columns.toArray(TextTable.Column[]::new));
            rows.forEach(row -> table.row(row.toArray()));
        }
    }

    private static Stream<String> column(List<List<String>> rows, int index) {
        return rows.stream().map(row -> row.get(index));
    }

    private static List<String> cells(
            Measurement line, List<Dimension> dimensions, List<Metric> metrics, boolean verdicts) {
        List<String> cells = new ArrayList<>();
        dimensions.forEach(dimension -> cells.add(line.subject().getOrDefault(dimension, "")));
        metrics.forEach(metric -> cells.add(line.values().containsKey(metric) ? Columns.number(line.values().get(metric)) : ""));
        if (verdicts) {
            cells.add(line.verdict() == null ? "" : line.verdict());
        }
        return cells;
    }

    private static String busy(Measurement line) {
        List<Double> sorted = line.busyMillis().stream().sorted().toList();
        return line.busyMillis().size() <= MOST_THREADS
                ? line.busyMillis().stream().map(Columns::number).collect(Collectors.joining(", "))
                : Columns.number(sorted.get(0)) + " to " + Columns.number(sorted.get(sorted.size() - 1));
    }
}
