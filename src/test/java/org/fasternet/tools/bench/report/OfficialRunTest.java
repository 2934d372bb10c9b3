package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.fasternet.TestFiles;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The reports of {@code bench load --official}, ten minutes a scenario: T0 under MLPerf's load. */
class OfficialRunTest {
    private static List<Report> reports;

    @BeforeAll
    static void read() throws IOException {
        try (Stream<Path> files = Files.list(TestFiles.resource("bench"))) {
            reports = files.sorted().map(ReportJson::read).toList();
        }
    }

    private static Stream<Measurement> lines() {
        return reports.stream().flatMap(report -> report.measurements().stream());
    }

    @Test
    void everyScenarioHasAValidRun() {
        Set<String> valid = new TreeSet<>();
        lines().filter(line -> line.verdict().equals("VALID")).forEach(line -> valid.add(line.subject().get(Dimension.SCENARIO)));
        assertEquals(Set.of("SingleStream", "MultiStream", "Server", "Offline"), valid);
        for (Report report : reports) {
            assertEquals("load", report.benchmark());
            assertTrue(report.complete() && report.command().contains("--official"), report.command().toString());
        }
    }

    /** Ten minutes each: queries times the mean time of one, or divided by their rate; Offline in rounds. */
    @Test
    void runsAreAsLongAsPublished() {
        lines().forEach(line -> {
            Map<Metric, Double> values = line.values();
            switch (line.subject().get(Dimension.SCENARIO)) {
                case "SingleStream", "MultiStream" -> {
                    assertMinutes(line, values.get(Metric.RUNS) * values.get(Metric.MEAN) / 1e3);
                    assertTrue(values.get(Metric.TAIL_ESTIMATE) > values.get(Metric.P90) * 0.99, line.name());
                }
                case "Server" -> assertMinutes(line, values.get(Metric.RUNS) / values.get(Metric.TARGET_QUERIES_PER_SECOND));
                default -> assertEquals(10, line.rounds().size(), line.name());
            }
        });
    }

    private static void assertMinutes(Measurement line, double seconds) {
        assertTrue(seconds > 590 && seconds < 610, line.name() + ": " + seconds);
    }
}
