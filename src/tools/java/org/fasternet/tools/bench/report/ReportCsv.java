package org.fasternet.tools.bench.report;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/**
 * Reports as CSV (RFC 4180, UTF-8): a line of names, then a line per measurement. The columns are the dimensions and metrics that
 * occur in the report, by their identifiers, then {@code verdict}, {@code implementations} and {@code warnings}.
 */
public final class ReportCsv {
    private ReportCsv() {}

    public static void write(Report report, OutputStream out) throws IOException {
        Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
        CSVPrinter printer = new CSVPrinter(writer, CSVFormat.RFC4180);
        List<Dimension> dimensions = Columns.dimensions(report);
        List<Metric> metrics = Columns.metrics(report);
        List<String> names = new ArrayList<>();
        dimensions.forEach(dimension -> names.add(dimension.id()));
        metrics.forEach(metric -> names.add(metric.id()));
        names.addAll(List.of("verdict", "implementations", "warnings"));
        printer.printRecord(names);
        for (Measurement line : report.measurements()) {
            List<Object> cells = new ArrayList<>();
            dimensions.forEach(dimension -> cells.add(line.subject().get(dimension)));
            metrics.forEach(metric -> cells.add(line.values().get(metric)));
            cells.add(line.verdict());
            cells.add(String.join(" ", line.implementations()));
            cells.add(String.join("; ", line.warnings()));
            printer.printRecord(cells);
        }
        writer.flush();
    }
}
