package org.fasternet.tools.cli;

import static org.fasternet.tools.bench.report.SampleReports.line;
import static org.fasternet.tools.bench.report.SampleReports.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.report.ReportJson;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCompareTest {
    @TempDir
    private Path folder;

    private Path before;
    private Path after;

    @BeforeEach
    void write() throws IOException {
        before = write("before.json", report(Metric.P50, line("model=T0", Metric.P50, 2), line("model=S", Metric.P50, 5)));
        after = write("after.json", report(
                Metric.P50, line("model=T0", Metric.P50, 2.2), line("model=S", Metric.P50, 4), line("model=L", Metric.P50, 8)));
    }

    private Path write(String name, Report report) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            ReportJson.write(report, out);
        }
        return file;
    }

    @Test
    void aRegressionIsNamedAndIsTheStatus() {
        Cli cli = Cli.run("bench", "compare", before, after);
        assertEquals(1, cli.status());
        assertEquals("", cli.err());
        String[] lines = cli.out().split("\\R");
        assertEquals("line  metric      A      B  B / A   95 % interval  change", lines[0]);
        assertTrue(lines[1].matches("T0 +p50 ms +1.998 +2.198 +1.100 +1.0\\d\\d to 1.1\\d\\d +regression"), lines[1]);
        assertTrue(lines[2].matches("S +p50 ms +4.995 +3.996 +0.800 +0.7\\d\\d to 0.8\\d\\d +better"), lines[2]);
        assertEquals("only in " + after + ": L", lines[3]);
        assertEquals("regression: T0: p50 ms is 10.0 % higher", lines[4]);
    }

    @Test
    void whatIsMissingIsARegression() throws IOException {
        Path one = write("one.json", report(Metric.P50, line("model=S", Metric.P50, 4)));
        Path zero = write("zero.json", report(Metric.P50, line("model=S", Metric.P50, 4), line("model=T0", Metric.P50, 0)));
        Cli missing = Cli.run("bench", "compare", before, one);
        assertEquals(1, missing.status());
        assertTrue(missing.out().endsWith("regression: only in " + before + ": T0\n"), missing.out());
        Cli lost = Cli.run("bench", "compare", before, zero);
        assertEquals(1, lost.status());
        assertTrue(lost.out().endsWith("regression: T0: no longer has a p50_ms above 0\n"), lost.out());
    }

    @ParameterizedTest
    @CsvSource({"9.9%, 1", "0.099, 1", "10.1%, 0", "0.101, 0", "0%, 1"})
    void theLimitIsAShare(String limit, int status) {
        assertEquals(status, Cli.run("bench", "compare", before, after, "--fail-above", limit).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "-1%", "five", "1.5", ""})
    void anythingElseIsNoLimit(String limit) {
        assertEquals(2, Cli.run("bench", "compare", before, after, "--fail-above=" + limit).status());
    }

    @Test
    void programsGetJson() throws IOException {
        JsonNode json = new ObjectMapper().readTree(Cli.run("bench", "compare", before, after, "--json").out());
        assertEquals(0.05, json.path("fail_above").asDouble());
        assertEquals(2, json.path("lines").size());
        JsonNode line = json.path("lines").path(0);
        assertEquals("T0", line.path("subject").path("model").asText());
        assertEquals("p50_ms", line.path("metric").asText());
        assertEquals(1.1, line.path("ratio").asDouble(), 1e-9);
        assertTrue(line.path("low").asDouble() < 1.1 && line.path("high").asDouble() > 1.1, line.toString());
        assertEquals("regression", line.path("change").asText());
        assertEquals(0, json.path("only_before").size());
        assertEquals(0, json.path("lost").size());
        assertEquals("L", json.path("only_after").path(0).asText());
        assertEquals(json, new ObjectMapper().readTree(Cli.run("bench", "compare", before, after, "--json").out()));
    }

    @Test
    void aFileThatIsNoReportIsAFailure() throws IOException {
        Path text = Files.writeString(folder.resolve("text.json"), "{\"schema\": 1, \"benchmark\": 7}");
        Cli cli = Cli.run("bench", "compare", before, text);
        assertEquals(1, cli.status());
        assertTrue(cli.err().startsWith("fasternet: " + text + ": is not a report of a benchmark: "), cli.err());
        assertEquals(1, cli.err().lines().count(), cli.err());
    }
}
