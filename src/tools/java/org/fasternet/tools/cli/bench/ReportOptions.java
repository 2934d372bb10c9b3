package org.fasternet.tools.cli.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.report.ReportCsv;
import org.fasternet.tools.bench.report.ReportHtml;
import org.fasternet.tools.bench.report.ReportJson;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where a report goes, besides the table on standard output. */
final class ReportOptions {
    private static final String STDOUT = "-";

    @Option(names = "--json", paramLabel = "FILE", arity = "0..1", fallbackValue = STDOUT,
            description = "Write the report as JSON; without a file, to standard output.")
    private Path json;

    @Option(names = "--csv", paramLabel = "FILE", arity = "0..1", fallbackValue = STDOUT,
            description = "Write it as CSV; without a file, to standard output.")
    private Path csv;

    @Option(names = "--html", paramLabel = "FILE", description = "Write it as a page with charts, which needs no network.")
    private Path html;

    @Option(names = "--columns", paramLabel = "METRIC", split = ",", converter = MetricName.class,
            description = "What the table shows, by the names in JSON, such as p50_ms,cv_percent (default: all there is).")
    private List<Metric> columns = List.of(Metric.values());

    private static final class MetricName implements ITypeConverter<Metric> {
        @Override
        public Metric convert(String id) {
            try {
                return Metric.of(id);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage() + ": "
                        + Arrays.stream(Metric.values()).map(Metric::id).collect(Collectors.joining(", ")) + " are known");
            }
        }
    }

    /** Refuses what cannot be written before anything is measured. */
    void check() {
        if (html != null) {
            ReportHtml.check();
        }
        Stream.of(json, csv, html).filter(Objects::nonNull).filter(file -> !isStdout(file)).forEach(OutputFile::check);
    }

    /** Whether standard output is for a program. */
    boolean quiet() {
        return isStdout(json) || isStdout(csv);
    }

    private static boolean isStdout(Path file) {
        return file != null && file.toString().equals(STDOUT);
    }

    void write(Report report, PrintWriter out) {
        Map<Path, OutputFile.Content> files = new LinkedHashMap<>();
        put(files, json, stream -> ReportJson.write(report, stream), out);
        put(files, csv, stream -> ReportCsv.write(report, stream), out);
        if (html != null) {
            files.put(html, stream -> ReportHtml.write(report, stream));
        }
        if (!files.isEmpty()) {
            OutputFile.write(files);
        }
        if (!quiet()) {
            ReportTable.print(report, columns, out);
            files.keySet().forEach(file -> out.println("written: " + file));
        }
    }

    private static void put(Map<Path, OutputFile.Content> files, Path file, OutputFile.Content content, PrintWriter out) {
        if (isStdout(file)) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try {
                content.writeTo(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            out.print(bytes.toString(StandardCharsets.UTF_8));
        } else if (file != null) {
            files.put(file, content);
        }
    }
}
