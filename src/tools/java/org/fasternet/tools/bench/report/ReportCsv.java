package org.fasternet.tools.bench.report;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/**
 * Reports as CSV (RFC 4180, UTF-8): a line of names, then a line per measurement, then one per step. The columns are the dimensions
 * and metrics that occur in the report, by their identifiers, then {@code verdict}, {@code implementations} and {@code warnings};
 * and {@code busy_ms}, the threads' times with blanks between, where they are known.
 */
public final class ReportCsv {
    private ReportCsv() {}

    public static void write(Report report, OutputStream out) throws IOException {
        Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
        CSVPrinter printer = new CSVPrinter(writer, CSVFormat.RFC4180);
        List<Measurement> lines = new ArrayList<>(report.measurements());
        lines.addAll(report.steps());
        List<Dimension> dimensions = Columns.dimensions(lines);
        List<Metric> metrics = Columns.metrics(lines);
        boolean threads = lines.stream().anyMatch(line -> line.busyMillis() != null);
        List<String> names = new ArrayList<>();
        dimensions.forEach(dimension -> names.add(dimension.id()));
        metrics.forEach(metric -> names.add(metric.id()));
        names.addAll(List.of("verdict", "implementations", "warnings"));
        if (threads) {
            names.add("busy_ms");
        }
        printer.printRecord(names);
        for (Measurement line : lines) {
            List<Object> cells = new ArrayList<>();
            dimensions.forEach(dimension -> cells.add(line.subject().get(dimension)));
            metrics.forEach(metric -> cells.add(line.values().get(metric)));
            cells.add(line.verdict());
            cells.add(String.join(" ", line.implementations()));
            cells.add(String.join("; ", line.warnings()));
            if (threads) {
                cells.add(line.busyMillis() == null
                        ? null
                        : line.busyMillis().stream().map(String::valueOf).collect(Collectors.joining(" ")));
            }
            printer.printRecord(cells);
        }
        writer.flush();
    }
}
