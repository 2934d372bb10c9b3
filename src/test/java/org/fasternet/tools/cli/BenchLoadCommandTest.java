package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.fasternet.Classifier;
import org.fasternet.DemoImages;
import org.fasternet.FasterNet;
import org.fasternet.image.Image;
import org.fasternet.tools.bench.load.SubmissionRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
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

    /** Asked one by one, eight at a time or all at once, by several sessions or one, in batches or not. */
    @Test
    void accuracyIsThatOfALoop(@TempDir Path folder) throws IOException {
        int count = 200;
        List<Image> images = DemoImages.images().subList(0, count);
        byte[] classes = DemoImages.classes();
        int right = 0;
        try (Classifier classifier = new Classifier(FasterNet.demo())) {
            for (int i = 0; i < count; i++) {
                Path of = Files.createDirectories(folder.resolve("images/" + classes[i]));
                write(images.get(i), of.resolve(String.format("%03d.png", i)));
                right += classifier.classify(images.get(i), 1).get(0).index() == classes[i] ? 1 : 0;
            }
        }
        assertTrue(right > 160, right + " of " + count);
        Path logs = folder.resolve("logs");
        JsonNode report = Cli.json("bench", "load", "--accuracy", folder.resolve("images"), "--sessions", 2, "--batch", 3,
                "--mlperf-log", logs, "--json");
        assertEquals("accuracy_percent", report.get("primary").asText());
        assertEquals(4, report.get("measurements").size());
        for (JsonNode line : report.get("measurements")) {
            assertEquals(100.0 * right / count, line.get("values").get("accuracy_percent").asDouble(), 1e-9);
            assertEquals(count, line.get("values").get("runs").asInt());
            assertEquals("56x56", line.get("subject").get("size").asText());
            Path accuracy = logs.resolve(line.get("subject").get("scenario").asText()).resolve("accuracy");
            assertEquals(List.of(), SubmissionRules.accuracy(accuracy, count, 80));
            assertEquals(List.of("accuracy " + String.format("%.3f", 100.0 * right / count)),
                    SubmissionRules.accuracy(accuracy, count, 99));
            assertEquals(right, rightAnswers(accuracy.resolve("mlperf_log_accuracy.json"), folder.resolve("images")));
        }
    }

    private static void write(Image image, Path file) throws IOException {
        BufferedImage grey = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setDataElements(0, 0, image.width(), image.height(), image.pixels());
        ImageIO.write(grey, "png", file.toFile());
    }

    /** As MLPerf's script for ImageNet counts them: each answer is an f32's bytes, for an image of the sorted list. */
    private static int rightAnswers(Path json, Path images) throws IOException {
        List<Integer> truth;
        try (Stream<Path> files = Files.walk(images)) {
            truth = files.filter(Files::isRegularFile).sorted()
                    .map(file -> Integer.valueOf(file.getParent().getFileName().toString())).toList();
        }
        Set<Integer> seen = new HashSet<>();
        int right = 0;
        for (JsonNode answer : new ObjectMapper().readTree(json.toFile())) {
            int image = answer.get("qsl_idx").asInt();
            assertTrue(seen.add(image), "twice: " + image);
            float label = ByteBuffer.wrap(HexFormat.of().parseHex(answer.get("data").asText()))
                    .order(ByteOrder.LITTLE_ENDIAN).getFloat();
            right += (int) label == truth.get(image) ? 1 : 0;
        }
        assertEquals(truth.size(), seen.size());
        return right;
    }

    @Test
    void runsAreWrittenInMlperfsFormatToo(@TempDir Path folder) throws IOException {
        report("--mlperf-log", folder, "--target-qps", 200);
        for (String scenario : List.of("SingleStream", "MultiStream", "Server", "Offline")) {
            List<String> faults = SubmissionRules.performance(folder.resolve(scenario).resolve("performance/run_1"));
            assertTrue(faults.contains("min_duration") && faults.contains("result_validity"), faults.toString());
            assertFalse(faults.contains("seeds"), faults.toString());
        }
    }

    @Test
    void anAccuracyThatCannotBeToldIsRefused(@TempDir Path folder) throws IOException {
        String random = Cli.wrongUsage("bench", "load", "--accuracy", folder, "--variant", "T0");
        assertTrue(random.contains("--accuracy is of a trained network"), random);
        String several = Cli.wrongUsage("bench", "load", "--quick", "--backend", "fused,onednn", "--mlperf-log", folder);
        assertTrue(several.contains("2 were asked for"), several);
        Files.copy(DemoImages.file("images/bag.png"), Files.createDirectories(folder.resolve("bags")).resolve("bag.png"));
        Cli cli = Cli.run("bench", "load", "--accuracy", folder);
        assertEquals(1, cli.status());
        assertTrue(cli.err().contains("'bags' is neither one of 10 labels nor a class from 0 to 9"), cli.err());
        Cli empty = Cli.run("bench", "load", "--accuracy", Files.createDirectories(folder.resolve("empty")));
        assertTrue(empty.err().contains("no image file is there"), empty.err());
        Cli file = Cli.run("bench", "load", "--quick", "--mlperf-log", folder.resolve("bags/bag.png"));
        assertEquals(1, file.status());
        assertTrue(file.err().contains("cannot be made"), file.err());
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
                List.of("--accuracy", "images", "--official"),
                List.of("--accuracy", "images", "--target-qps", 5),
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
