package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.fasternet.Hardware;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the benchmarks have in common: lists, {@code all}, times. Measured is a small network, as shortly as can be. */
class BenchOptionsTest {
    private static Object[] model(Object... args) {
        List<Object> all = new ArrayList<>(List.of(
                "bench", "model", "--weights", "src/main/resources/org/fasternet/demo/model.safetensors", "--size", "32",
                "--warm-up", "0ms", "--json"));
        all.addAll(List.of(args));
        return all.toArray();
    }

    private static List<String> subjects(JsonNode report, String dimension) {
        return StreamSupport.stream(report.get("measurements").spliterator(), false)
                .map(line -> line.get("subject").get(dimension).asText())
                .toList();
    }

    static Stream<List<Object>> wrongUsage() {
        return Stream.of(
                List.of("--threads", "two"),
                List.of("--variant", "T0,T9"),
                List.of("--backend", "cuda"),
                List.of("--precision", "f32,f8"),
                List.of("--batch", "1,many"),
                List.of("--size", "224,large"),
                List.of("--duration", "5h"),
                List.of("--duration", "-5s"),
                List.of("--duration", "1e3"),
                List.of("--warm-up", ""),
                List.of("--runs", "5", "--duration", "1s"),
                List.of("--runs", "5", "--rounds", "6"),
                List.of("--rounds", "0"));
    }

    @ParameterizedTest
    @MethodSource
    void wrongUsage(List<Object> args) {
        List<Object> all = new ArrayList<>(List.of("bench", "model"));
        all.addAll(args);
        String err = Cli.wrongUsage(all.toArray());
        assertTrue(err.contains(args.get(0).toString()), err);
        assertTrue(err.endsWith("'fasternet bench model --help' shows the usage)\n"), err);
    }

    @Test
    void allThreadCountsArePowersOfTwoAndAllCpus() throws JsonProcessingException {
        int usable = Hardware.detect().cpus().usable();
        TreeSet<Integer> expected = new TreeSet<>(List.of(usable));
        for (int count = 1; count < usable; count *= 2) {
            expected.add(count);
        }
        JsonNode report = Cli.json(model("--threads", "all", "--runs", 1, "--rounds", 1));
        assertEquals(expected.stream().map(String::valueOf).toList(), subjects(report, "threads"));
    }

    @Test
    void aListIsEveryValueOnceInItsOrder() throws JsonProcessingException {
        JsonNode report = Cli.json(model("--threads", "2,1,2", "--batch", "3,1", "--runs", 1, "--rounds", 1));
        assertEquals(List.of("3", "3", "1", "1"), subjects(report, "batch"));
        assertEquals(List.of("2", "1", "2", "1"), subjects(report, "threads"));
    }

    @Test
    void whatAllBringsInAndCannotBeMeasuredIsSkipped() throws JsonProcessingException {
        JsonNode report = Cli.json(model("--backend", "all", "--precision", "all", "--runs", 1, "--rounds", 1));
        assertEquals(6, report.get("measurements").size() + report.get("skipped").size());
        assertTrue(subjects(report, "backend").containsAll(List.of("fused", "onednn")), report.toString());
        for (JsonNode skipped : report.get("skipped")) {
            assertNotEquals("f32", skipped.get("subject").get("precision").asText());
            assertFalse(skipped.get("reason").asText().isEmpty());
        }
    }

    @Test
    void whatWasNamedAndCannotBeMeasuredIsRefused() {
        Cli cli = Cli.run(model("--threads", 1025));
        assertEquals(1, cli.status());
        assertEquals("", cli.out());
        assertEquals("fasternet: 1025 threads were asked for: 1 to 1024 are possible\n", cli.err());
    }

    /** The second line fails: no patch fits into 2x2 pixels. */
    @Test
    void whatWasMeasuredBeforeAFailureIsWritten(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("report.json");
        Cli cli = Cli.run("bench", "model", "--variant", "T0", "--size", "32,2", "--warm-up", "0ms", "--runs", 1, "--rounds", 1,
                "--json", json);
        assertEquals(1, cli.status());
        assertEquals(1, cli.err().lines().count(), cli.err());
        JsonNode report = new ObjectMapper().readTree(json.toFile());
        assertEquals(List.of("32x32"), subjects(report, "size"));
        assertFalse(report.get("complete").asBoolean());
        assertTrue(cli.out().contains("warning: stopped before all was measured"), cli.out());
    }

    @Test
    void nothingIsWrittenIfNothingWasMeasured(@TempDir Path folder) {
        Path json = folder.resolve("report.json");
        assertEquals(1, Cli.run("bench", "model", "--variant", "T0", "--size", 2, "--json", json).status());
        assertFalse(Files.exists(json));
    }

    @Test
    void aPrecisionThatWasNamedAndTheCpuLacksIsRefused() {
        Assumptions.assumeFalse(Hardware.detect().cpuFeatures().contains("avx512_bf16"));
        Cli cli = Cli.run(model("--precision", "f32,bf16", "--runs", 1, "--rounds", 1));
        assertEquals(1, cli.status());
        assertEquals(1, cli.err().lines().count(), cli.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"20ms", "0.02s", ".02", "0.02", "0.001m"})
    void timesHaveUnits(String time) throws JsonProcessingException {
        if (time.startsWith(".")) {
            assertEquals(2, Cli.run(model("--duration", time)).status());
        } else {
            JsonNode line = Cli.json(model("--duration", time, "--rounds", 2)).get("measurements").get(0);
            assertEquals(2, line.get("rounds").size());
        }
    }

    @Test
    void runsAreCounted() throws JsonProcessingException {
        JsonNode line = Cli.json(model("--quick", "--runs", 12)).get("measurements").get(0);
        assertEquals(12, line.get("values").get("runs").asInt());
        assertEquals(5, line.get("rounds").size());
        assertEquals(0, line.get("values").get("warm_up_runs").asInt());
    }
}
