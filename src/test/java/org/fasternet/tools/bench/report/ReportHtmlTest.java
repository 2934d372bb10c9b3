package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportHtmlTest {
    private static final Report RICH = SampleReports.rich();
    /** The rich report's page, opened once. */
    private static Optional<String> dom = Optional.empty();

    @BeforeAll
    static void open(@TempDir Path folder) throws IOException, InterruptedException {
        dom = open(RICH, folder);
    }

    private static Path write(Report report, Path folder) throws IOException {
        Path page = folder.resolve("report.html");
        try (OutputStream out = Files.newOutputStream(page)) {
            ReportHtml.write(report, out);
        }
        return page;
    }

    /** The page as its scripts left it; empty without a browser. */
    private static Optional<String> open(Report report, Path folder) throws IOException, InterruptedException {
        Optional<Chromium> chromium = Chromium.find();
        if (chromium.isEmpty()) {
            System.out.println("ReportHtmlTest: skipped, no chromium, chromium-browser or google-chrome is on PATH");
            return Optional.empty();
        }
        Chromium.Page page = chromium.get().open(write(report, folder), folder);
        assertEquals(List.of(), page.console());
        assertEquals(List.of(), all("<p class=\"failure\">(.*?)</p>", page.dom()));
        return Optional.of(page.dom());
    }

    private static String dom() {
        assumeTrue(dom.isPresent(), "no Chromium is on PATH");
        return dom.get();
    }

    private static List<String> all(String regex, String text) {
        return Pattern.compile(regex, Pattern.DOTALL).matcher(text).results().map(ReportHtmlTest::group).toList();
    }

    private static String group(MatchResult match) {
        return match.group(match.groupCount());
    }

    /** Without tags and character references. */
    private static String text(String html) {
        return html.replaceAll("<[^>]*>", "").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ")
                .replace("&amp;", "&");
    }

    /** The figures by their identifier, as they are after the page's scripts have run. */
    private static Map<String, String> figures(String dom) {
        Map<String, String> figures = new LinkedHashMap<>();
        Pattern.compile("<figure id=\"chart-(\\w+)\".*?</figure>", Pattern.DOTALL).matcher(dom).results()
                .forEach(match -> figures.put(match.group(1), match.group()));
        return figures;
    }

    private static void assertShows(String figure, String... texts) {
        assertTrue(figure.contains("<svg"), figure);
        for (String text : texts) {
            assertTrue(text(figure).contains(text), () -> "'" + text + "' is not in " + text(figure));
        }
    }

    @Test
    void chartsShowWhatTheReportHas() {
        Map<String, String> figures = figures(dom());
        assertEquals(
                List.of("latency", "steps", "load", "throughput", "samples", "peaks", "bandwidths", "roofline", "threads", "batches",
                        "tradeoff", "precisions"),
                List.copyOf(figures.keySet()));
        assertShows(figures.get("latency"), "T0 fused avx2 f32 batch 1 224x224 1 thread", "2.900", "onerror=fail()", "90 %");
        assertShows(figures.get("steps"), "All: T0 avx2 2 threads", "fused", "onerror=fail()", "stages.0", "blocks.0", "block",
                "patch convolution", "head");
        assertShows(figures.get("load"), "SingleStream 1 session \u2014 VALID", "Server 2 sessions \u2014 INVALID", "4.200");
        assertShows(figures.get("throughput"), "All: fused avx2 224x224", "L bf16 batch 4 2 threads", "images/s", "341.4");
        assertShows(figures.get("samples"), "612", "850");
        assertShows(figures.get("peaks"), "f32", "310", "bf16", "602.4", "GFLOP/s");
        assertShows(figures.get("bandwidths"), "L1", "240", "memory", "20.25", "GB/s");
        assertShows(figures.get("roofline"), "pointwise", "memory 20.25 GB/s", "f32 342.9 GFLOP/s", "L4 17 GB/s",
                "FLOP per byte");
        assertShows(figures.get("threads"), "T0 f32 batch 1", "ideal", "times faster", "threads");
        assertShows(figures.get("batches"), "L bf16 2 threads", "batch");
        assertShows(figures.get("tradeoff"), "Throughput against latency", "L bf16 2 threads", "ms, logarithmic", "images/s");
        assertShows(figures.get("precisions"), "T0 batch 1 1 thread", "2.900 ms (1.00x)", "1.595 ms (1.82x)", "bf16");
        figures.values().forEach(figure -> assertFalse(text(figure).contains("NaN"), figure));
    }

    /** The same figures as in the table of the command line: the page has its own rounding. */
    @Test
    void theTableHasEveryMeasurement() {
        assertEquals(expected(RICH.measurements(), true), rows("measurements"));
        assertEquals(expected(RICH.steps(), false), rows("steps"));
    }

    private static List<List<String>> expected(List<Measurement> lines, boolean verdicts) {
        List<Dimension> dimensions = Columns.dimensions(lines);
        List<Metric> metrics = Columns.metrics(lines);
        List<List<String>> expected = new ArrayList<>();
        for (Measurement line : lines) {
            List<String> row = new ArrayList<>();
            dimensions.forEach(dimension -> row.add(line.subject().getOrDefault(dimension, "")));
            metrics.forEach(metric -> row.add(
                    line.values().containsKey(metric) ? Columns.number(line.values().get(metric)) : ""));
            if (verdicts) {
                row.add(line.verdict() == null ? "" : line.verdict());
            }
            if (line.busyMillis() != null) {
                row.add(line.busyMillis().stream().map(Columns::number).collect(Collectors.joining(" ")));
            }
            row.add(String.join(" ", line.implementations()));
            expected.add(row);
        }
        return expected;
    }

    private static List<List<String>> rows(String table) {
        String body = all("<table id=\"" + table + "\"[^>]*>(.*?)</table>", dom()).get(0);
        return all("<tr data-index.*?>(.*?)</tr>", body).stream()
                .map(row -> all("<td[^>]*>(.*?)</td>", row).stream().map(ReportHtmlTest::text).toList()).toList();
    }

    @Test
    void theEnvironmentAndWhatToTrustAreShown() {
        String dom = dom();
        assertEquals(RICH.remarks(), all("<li>(.*?)</li>", all("<section id=\"remarks\">(.*?)</section>", dom).get(0)).stream()
                .map(ReportHtmlTest::text).toList());
        assertEquals("fasternet bench model", all("<title>(.*?)</title>", dom).get(0));
        assertTrue(text(dom).contains("fasternet bench model --weights " + SampleReports.HOSTILE), "command");
        String environment = text(all("<table id=\"environment\">(.*?)</table>", dom).get(0));
        for (String part : List.of(
                "Example CPU 9000", "portable, avx2", "1.5 CPUs", "2445 MHz", "performance", "L1 48 KiB, L2 1 MiB, L3 33 MiB",
                "16 GiB", "Linux 6.1", "OpenJDK 17", "1.0 over ffm", "cannot be used here", "3.5 at the start, 2.5 at",
                "Seed-7")) {
            assertTrue(environment.contains(part), () -> "'" + part + "' is not in " + environment);
        }
        assertEquals(2, all("<a id=\"(?:json|csv)\" download=\"report.\\w+\" href=\"blob:(.*?)\"", dom).size());
    }

    @Test
    void anEmptyReportIsAPageToo(@TempDir Path folder) throws Exception {
        Optional<String> empty = open(SampleReports.report(Metric.P50), folder);
        assumeTrue(empty.isPresent(), "no Chromium is on PATH");
        assertEquals(Map.of(), figures(empty.get()));
        assertTrue(empty.get().contains("<section id=\"remarks\" hidden"), "no remarks");
        assertTrue(empty.get().contains("<section id=\"all-steps\" hidden"), "no steps");
    }

    /** Besides what ECharts has as names of XML name spaces and in comments, which nothing loads. */
    @Test
    void thePageNamesNothingOutside(@TempDir Path folder) throws IOException {
        String page = Files.readString(write(RICH, folder));
        assertTrue(page.contains("default-src 'none'"), "CSP");
        assertTrue(page.contains("Licensed to the Apache Software Foundation"), "license of ECharts");
        assertEquals(List.of(), all("(?:(?:src|href)=|url\\()\\s*['\"]?\\w+:", page));
    }
}
