package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.fasternet.TestFiles;
import org.junit.jupiter.api.Test;

/** The report of {@code bench load --official}, forty minutes on an idle machine: T0 in every scenario of MLPerf. */
class OfficialRunTest {
    private final Report report = ReportJson.read(TestFiles.resource("bench", "official-t0.json"));

    @Test
    void everyScenarioIsValid() {
        assertEquals("load", report.benchmark());
        assertTrue(report.complete() && report.command().contains("--official"), report.command().toString());
        Map<String, String> verdicts = new TreeMap<>();
        report.measurements().forEach(line -> verdicts.put(line.subject().get(Dimension.SCENARIO), line.verdict()));
        assertEquals(Map.of("SingleStream", "VALID", "MultiStream", "VALID", "Server", "VALID", "Offline", "VALID"), verdicts);
        assertEquals(List.of(), report.environment().warnings());
    }

    /** Ten minutes each: queries times the mean time of one, or divided by their rate; Offline in rounds. */
    @Test
    void runsAreAsLongAsPublished() {
        for (Measurement line : report.measurements()) {
            Map<Metric, Double> values = line.values();
            switch (line.subject().get(Dimension.SCENARIO)) {
                case "SingleStream", "MultiStream" -> {
                    double seconds = values.get(Metric.RUNS) * values.get(Metric.MEAN) / 1e3;
                    assertTrue(seconds > 590 && seconds < 610, line.name() + ": " + seconds);
                    assertTrue(values.get(Metric.TAIL_ESTIMATE) > values.get(Metric.P90) * 0.99, line.name());
                }
                case "Server" -> {
                    double seconds = values.get(Metric.RUNS) / values.get(Metric.TARGET_QUERIES_PER_SECOND);
                    assertTrue(seconds > 590 && seconds < 610, line.name() + ": " + seconds);
                    assertTrue(values.get(Metric.P99) <= 15, line.name());
                }
                default -> assertEquals(10, line.rounds().size(), line.name());
            }
        }
    }
}
