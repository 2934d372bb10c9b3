package org.fasternet.tools.cli.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.fasternet.tools.bench.report.Columns;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.cli.TextTable;

/** A report for people: a table, and below it what they should know of how far to trust it. */
final class ReportTable {
    private ReportTable() {}

    /** @param wanted metrics to show, in this order, where the report has them */
    static void print(Report report, List<Metric> wanted, PrintWriter out) {
        List<Dimension> dimensions = Columns.dimensions(report);
        List<Metric> metrics = wanted.stream().filter(Columns.metrics(report)::contains).toList();
        boolean verdicts = report.measurements().stream().anyMatch(line -> line.verdict() != null);
        List<List<String>> rows = report.measurements().stream().map(line -> cells(line, dimensions, metrics, verdicts)).toList();
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
        report.remarks().forEach(out::println);
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
}
