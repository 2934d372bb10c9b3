package org.fasternet.tools.bench.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fasternet.error.UnsupportedException;

/**
 * Reports as one page that needs no network: the resources {@code report.html}, {@code .css} and {@code .js} beside this class,
 * ECharts, and the report itself, all in one file.
 */
public final class ReportHtml {
    private static final String ECHARTS = "org.webjars.npm/echarts";
    private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z.]+)}}");

    private ReportHtml() {}

    /** What the page cannot know of a report: which columns it has, what they mean, and texts that are made elsewhere. */
    private record Catalog(Table measurements, Table steps, List<String> remarks, String csv) {}

    /** Which columns the lines of one kind have. */
    private record Table(List<Column> dimensions, List<Column> metrics) {
        static Table of(List<Measurement> lines) {
            return new Table(
                    Columns.dimensions(lines).stream().map(d -> new Column(d.id(), d.id(), d.description())).toList(),
                    Columns.metrics(lines).stream().map(m -> new Column(m.id(), m.heading(), m.description())).toList());
        }
    }

    private record Column(String id, String heading, String description) {}

    /** @throws UnsupportedException if ECharts is not on the class path */
    public static void check() {
        echarts();
    }

    public static void write(Report report, OutputStream out) throws IOException {
        Map<String, String> parts = Map.of(
                "report.css", resource("report.css"),
                "echarts.js", echarts(),
                "plots.js", resource("plots.js"),
                "charts.js", resource("charts.js"),
                "report.js", resource("report.js"),
                "report.json", ReportJson.line(report),
                "catalog.json", ReportJson.line(catalog(report)));
        String page = PLACE.matcher(resource("report.html"))
                .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
        out.write(page.getBytes(StandardCharsets.UTF_8));
    }

    private static Catalog catalog(Report report) throws IOException {
        ByteArrayOutputStream csv = new ByteArrayOutputStream();
        ReportCsv.write(report, csv);
        return new Catalog(
                Table.of(report.measurements()), Table.of(report.steps()), report.remarks(), csv.toString(StandardCharsets.UTF_8));
    }

    private static String resource(String name) {
        try (InputStream in = ReportHtml.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** With its licence's notice, which the file begins with. */
    private static String echarts() {
        ClassLoader loader = ReportHtml.class.getClassLoader();
        try (InputStream about = loader.getResourceAsStream("META-INF/maven/" + ECHARTS + "/pom.properties")) {
            if (about == null) {
                throw new UnsupportedException("--html needs " + ECHARTS.replace('/', ':') + " on the class path");
            }
            Properties properties = new Properties();
            properties.load(about);
            String script = "META-INF/resources/webjars/echarts/" + properties.getProperty("version") + "/dist/echarts.min.js";
            try (InputStream in = loader.getResourceAsStream(script)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
