package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real runs of a small network, too short for any figure to mean something. */
@Timeout(120)
class BenchLoadCommandTest {
    private static JsonNode report(Object... args) throws JsonProcessingException {
        List<Object> all = new ArrayList<>(List.of(
                "bench", "load", "--weights", "src/main/resources/org/fasternet/demo/model.safetensors", "--size", "32",
                "--duration", "100ms", "--json"));
        all.addAll(List.of(args));
        return Cli.json(all.toArray());
    }

    private static void assertSubject(JsonNode line, int batch, int threads, int sessions) {
        JsonNode subject = line.get("subject");
        assertEquals(String.valueOf(batch), subject.get("batch").asText(), subject.toString());
        assertEquals(String.valueOf(threads), subject.get("threads").asText(), subject.toString());
        assertEquals(String.valueOf(sessions), subject.get("sessions").asText(), subject.toString());
        assertEquals("model.safetensors", subject.get("model").asText());
        assertEquals("32x32", subject.get("size").asText());
        assertFalse(line.get("implementations").isEmpty());
        assertEquals(10, line.get("rounds").size());
        assertTrue(line.get("values").get("samples_per_s").asDouble() > 0);
    }

    @Test
    void everyScenarioIsRunAndJudged() throws JsonProcessingException {
        JsonNode report = report("--threads", 2, "--sessions", 2, "--latency-bound", "10s", "--target-qps", 500, "--seed", 7);
        JsonNode lines = report.get("measurements");
        assertEquals(
                List.of("SingleStream", "MultiStream", "Server", "Offline"),
                Stream.of(0, 1, 2, 3).map(i -> lines.get(i).get("subject").get("scenario").asText()).toList());
        assertEquals("load", report.get("benchmark").asText());
        assertEquals("samples_per_s", report.get("primary").asText());
        assertEquals(7, report.get("seed").asInt());
        assertTrue(report.get("complete").asBoolean());
        assertSubject(lines.get(0), 1, 2, 2);
        assertSubject(lines.get(1), 4, 2, 2);
        assertSubject(lines.get(2), 1, 2, 2);
        assertSubject(lines.get(3), 1, 2, 2);
        for (JsonNode line : lines) {
            String verdict = line.get("verdict").asText();
            assertTrue(verdict.startsWith("INVALID: "), verdict);
            assertTrue(verdict.contains("the published minimum is 600 s"), verdict);
            JsonNode values = line.get("values");
            boolean offline = line.get("subject").get("scenario").asText().equals("Offline");
            for (String latency : List.of("p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "queries_per_s")) {
                assertEquals(!offline, values.has(latency), latency);
            }
            assertEquals(values == lines.get(2).get("values"), values.has("target_queries_per_s"));
        }
        assertEquals(List.of("p90_ms", "p99_ms", "p99_ms", ""),
                Stream.of(0, 1, 2, 3).map(i -> lines.get(i).path("metric").asText()).toList());
        assertEquals("10000.0 ms", lines.get(2).get("subject").get("bound").asText());
        assertEquals("500.0", lines.get(2).get("subject").get("rate").asText());
        assertFalse(lines.get(0).get("subject").has("bound"));
        // A Poisson process of 500 per second has arrivals at a seed's times until 100 ms are over.
        assertEquals(500, lines.get(2).get("values").get("target_queries_per_s").asDouble());
        assertEquals(50, lines.get(2).get("values").get("runs").asInt(), 25);
    }

    @Test
    void aServersRateIsLookedFor() throws JsonProcessingException {
        JsonNode line = report("--scenario", "server", "--latency-bound", "1s", "--sessions", 2, "--batch", 4)
                .get("measurements").get(0);
        assertSubject(line, 4, 1, 2);
        assertTrue(line.get("values").get("runs").asInt() >= 662, line.toString());
        assertFalse(line.has("metric") || line.get("subject").has("rate"), line.toString());
        assertTrue(line.get("values").get("target_queries_per_s").asDouble() > 0);
    }

    @Test
    void whatAllBringsInAndCannotBeMeasuredIsSkipped() throws JsonProcessingException {
        JsonNode report = report("--scenario", "Offline", "--backend", "all", "--precision", "all");
        assertEquals(6, report.get("measurements").size() + report.get("skipped").size());
        assertTrue(report.get("measurements").size() >= 2, report.toString());
        for (JsonNode skipped : report.get("skipped")) {
            assertNotEquals("f32", skipped.get("subject").get("precision").asText());
            assertFalse(skipped.get("reason").asText().isEmpty());
        }
    }

    static Stream<List<Object>> wrongUsage() {
        return Stream.of(
                List.of("--scenario", "Interactive"),
                List.of("--threads", 0),
                List.of("--sessions", 0),
                List.of("--sessions", 2000),
                List.of("--batch", -1),
                List.of("--target-qps", 0),
                List.of("--target-qps", "NaN"),
                List.of("--latency-bound", "0"),
                List.of("--duration", "soon"),
                List.of("--duration", "0s"),
                List.of("--official", "--quick"),
                List.of("--official", "--duration", "5s"),
                List.of("--variant", "T0", "--weights", "w.pth"));
    }

    @ParameterizedTest
    @MethodSource
    void wrongUsage(List<Object> args) {
        List<Object> all = new ArrayList<>(List.of("bench", "load"));
        all.addAll(args);
        String err = Cli.wrongUsage(all.toArray());
        assertTrue(err.contains(args.get(0).toString()), err);
    }

    @Test
    void aRateThatNoMemoryHoldsIsRefused() {
        for (List<Object> args : List.<List<Object>>of(List.of("1e8", "1m"), List.of("1000.5", "100000s"))) {
            Cli cli = Cli.run("bench", "load", "--target-qps", args.get(0), "--duration", args.get(1));
            assertEquals(1, cli.status());
            assertEquals("", cli.out());
            assertTrue(cli.err().endsWith("s are more than 10^8, whose times memory is kept for\n"), cli.err());
            assertEquals(1, cli.err().lines().count(), cli.err());
        }
    }

    @Test
    void anUnknownScenarioIsToldAKnownOne() {
        assertEquals(
                "fasternet bench load: Invalid value 'Interactive' for --scenario: such as SingleStream is expected"
                        + " ('fasternet bench load --help' shows the usage)\n",
                Cli.run("bench", "load", "--scenario", "Interactive").err());
    }
}
