package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.fasternet.Hardware;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One run of every benchmark that has no test of its own, as short as can be. */
class BenchCommandTest {
    private static List<String> subjects(JsonNode lines, String... dimensions) {
        List<String> subjects = new ArrayList<>();
        for (JsonNode line : lines) {
            List<String> parts = new ArrayList<>();
            for (String dimension : dimensions) {
                parts.add(line.path("subject").path(dimension).asText());
            }
            subjects.add(String.join(" ", parts));
        }
        return subjects;
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** On the fake of CUDA, whose times mean nothing. */
    @Test
    @Tag("fake-cuda")
    void onAGpuTheCopiesAreToldApart() throws JsonProcessingException {
        String small = "src/main/resources/org/fasternet/demo/model.safetensors";
        JsonNode report = Cli.json("bench", "model", "--weights", small, "--size", "32", "--backend", "cudnn", "--precision", "f16",
                "--threads", "1,2", "--profile", "--runs", "2", "--rounds", "2", "--warm-up", "0s", "--json");
        assertEquals(List.of("1"), subjects(report.path("measurements"), "threads"));
        assertTrue(report.path("steps").size() > 20, report.toString());
        assertTrue(report.path("steps").get(0).path("values").path("p50_ms").asDouble() > 0, report.path("steps").toString());
        JsonNode values = report.path("measurements").get(0).path("values");
        assertTrue(values.path("device_p50_ms").asDouble() > 0, values.toString());
        assertEquals(0, values.path("heap_b_per_run").asDouble());
        // Of the GPU alone, whose share the results are.
        assertEquals(List.of("product cudnn f16 ", "read cudnn  L2", "read cudnn  memory"),
                subjects(report.path("ceilings"), "kind", "backend", "precision", "level"));
        assertEquals(100 * values.path("gflop_per_s").asDouble() / report.path("ceilings").get(0).path("values").path("gflop_per_s").asDouble(),
                values.path("peak_percent").asDouble(), 0.1);
        List<Double> roofs = new ArrayList<>();
        report.path("steps").forEach(step -> roofs.add(step.path("values").path("roof_percent").asDouble()));
        assertTrue(roofs.stream().filter(roof -> roof > 0).count() > 15, roofs::toString);
        assertEquals("Fake, sm_90, 4 multiprocessors, 1980 MHz, driver 580.65.06, cuDNN 9.19.1, CUDA 13.1",
                report.path("environment").path("gpus").get(0).asText());
        assertEquals("1755 MHz, 41 C, 118 W", report.path("environment").path("gpuStates").get(0).asText());
        JsonNode operators = Cli.json("bench", "op", "--backend", "cudnn", "--precision", "f16", "--operator", "block,pointwise/expand",
                "--variant", "T0", "--size", "32", "--runs", "2", "--rounds", "2", "--warm-up", "0s", "--json").path("measurements");
        assertTrue(operators.size() > 2, operators.toString());
        for (JsonNode operator : operators) {
            JsonNode figures = operator.path("values");
            assertEquals(figures.path("gflop").asDouble() / figures.path("device_p50_ms").asDouble() * 1e3,
                    figures.path("gflop_per_s").asDouble(), 1e-3, operator.toString());
        }
        assertEquals(0, Cli.run("bench", "load", "--backend", "cudnn", "--precision", "f16", "--weights", small, "--size", "32",
                "--scenario", "SingleStream", "--duration", "1s").status());
    }

    @Test
    @Tag("fake-cuda")
    void theGpusPeaksAreMeasured() throws JsonProcessingException {
        JsonNode report = Cli.json("bench", "peak", "--backend", "cudnn", "--side", "64", "--round", "1ms", "--kernel", "read,copy",
                "--json");
        JsonNode lines = report.path("measurements");
        assertEquals(List.of("multiply-adds f32 ", "product f32 ", "product tf32 ", "product f16 ", "product bf16 ", "read  L2",
                "read  memory", "copy  L2", "copy  memory"), subjects(lines, "kind", "precision", "level"));
        assertEquals("fma.rn.f32", lines.get(0).path("implementations").get(0).asText());
        assertTrue(lines.get(3).path("implementations").get(0).asText().startsWith("cudnn:engine "), lines.toString());
        assertTrue(lines.get(3).path("values").path("gflop_per_s").asDouble() > 0, lines.toString());
        assertTrue(lines.get(6).path("values").path("gb_per_s").asDouble() > 0, lines.toString());
    }

    @Test
    @Tag("fake-cuda")
    void aSweepOnAGpuIsOverPrecisionsAndBatches() throws JsonProcessingException {
        JsonNode lines = Cli.json("bench", "sweep", "--weights", "src/main/resources/org/fasternet/demo/model.safetensors", "--size", "32",
                "--backend", "cudnn", "--precision", "f16,bf16", "--threads", "1,2", "--max-batch", "1", "--runs", "2", "--rounds", "2",
                "--warm-up", "0s", "--json").path("measurements");
        assertEquals(List.of("f16 1 1", "bf16 1 1"), subjects(lines, "precision", "batch", "threads"));
    }

    @Test
    void whatMeansNothingToAPeakIsRefused() {
        for (List<String> wrong : List.of(List.of("--device", "0"), List.of("--side", "64"), List.of("--backend", "onednn"),
                List.of("--backend", "cudnn", "--isa", "avx2"), List.of("--backend", "cudnn", "--threads", "1"),
                List.of("--backend", "cudnn", "--side", "65"), List.of("--backend", "cudnn", "--precision", "int8"))) {
            Cli cli = Cli.run(Stream.concat(Stream.of("bench", "peak", "--quick"), wrong.stream()).toArray());
            assertEquals(2, cli.status(), wrong::toString);
        }
    }

    @Test
    void aNetworkIsMeasuredInEveryCombination() throws JsonProcessingException {
        JsonNode report = Cli.json("bench", "model", "--variant", "T0", "--size", "32,64", "--backend", "fused,onednn",
                "--threads", "1", "--runs", "2", "--rounds", "2", "--warm-up", "0s", "--json");
        JsonNode lines = report.path("measurements");
        assertEquals(List.of("T0 fused 32x32", "T0 fused 64x64", "T0 onednn 32x32", "T0 onednn 64x64"),
                subjects(lines, "model", "backend", "size"));
        for (JsonNode line : lines) {
            assertEquals(2, line.path("rounds").size());
            assertEquals(2, line.path("values").path("runs").asInt());
            assertEquals(0, line.path("values").path("heap_b_per_run").asDouble());
            assertTrue(names(line.path("values")).containsAll(Set.of("load_ms", "compile_ms", "first_ms", "min_ms", "mean_ms",
                    "p50_ms", "packed_mib", "arena_mib", "p90_ms",
                    "p99_ms", "p99_9_ms", "max_ms", "cv_percent", "images_per_s", "gflop_per_s",
                    "peak_percent", "resident_mib")), line.toString());
        }
        assertTrue(lines.get(0).path("implementations").get(0).asText().startsWith("fused:"), lines.toString());
        // 32 x 32 has 1/49 of the pixels of 224 x 224, for which the paper has 0.34 G multiply-adds; the head has its 1.7 M.
        assertEquals(2 * ((0.3354 - 0.00169) / 49 + 0.00169), lines.get(0).path("values").path("gflop").asDouble(), 1e-3);
        Set<String> levels = new TreeSet<>(subjects(report.path("ceilings"), "kind", "level"));
        assertTrue(levels.containsAll(Set.of("multiply-adds ", "read memory")), levels.toString());
    }

    @Test
    void theStartOfAProcessIsMeasuredIfAskedFor() throws JsonProcessingException {
        List<String> command = List.of("bench", "model", "--variant", "T0", "--size", "32", "--backend", "fused", "--threads", "1",
                "--runs", "1", "--rounds", "1", "--warm-up", "0s", "--json");
        JsonNode plain = Cli.json(command.toArray(String[]::new)).path("measurements").get(0).path("values");
        assertTrue(plain.path("start_ms").isMissingNode(), plain.toString());
        List<String> started = new ArrayList<>(command);
        started.addAll(List.of("--starts", "1"));
        JsonNode values = Cli.json(started.toArray(String[]::new)).path("measurements").get(0).path("values");
        assertTrue(values.path("start_ms").asDouble() > values.path("first_ms").asDouble(), values.toString());
    }

    @Test
    void stepsAreMeasuredIfAskedFor() throws JsonProcessingException {
        JsonNode report = Cli.json("bench", "model", "--variant", "T0", "--size", "64", "--backend", "fused,onednn", "--threads", "2",
                "--profile", "--runs", "3", "--rounds", "2", "--warm-up", "0s", "--json");
        JsonNode networks = report.path("measurements");
        assertEquals(2, networks.size());
        for (JsonNode network : networks) {
            String backend = network.path("subject").path("backend").asText();
            boolean threads = backend.equals("fused");
            assertEquals(threads ? 2 : 0, network.path("busyMillis").size(), network.toString());
            assertEquals(threads, network.path("values").has("busy_percent"));
            assertTrue(network.path("values").has("profile_percent"), network.toString());
            List<JsonNode> steps = new ArrayList<>();
            report.path("steps").forEach(step -> steps.add(step));
            steps.removeIf(step -> !step.path("subject").path("backend").asText().equals(backend));
            double share = 0;
            double flops = 0;
            for (JsonNode step : steps) {
                JsonNode values = step.path("values");
                assertEquals(2, step.path("rounds").size());
                assertEquals(threads ? 2 : 0, step.path("busyMillis").size(), step.toString());
                assertEquals(values.path("gflop").asDouble() * 1e3,
                        values.path("gflop_per_s").asDouble() * values.path("p50_ms").asDouble(), 1e-9);
                share += values.path("share_percent").asDouble();
                flops += values.path("gflop").asDouble();
            }
            assertEquals(100, share, 1e-6);
            assertEquals(network.path("values").path("gflop").asDouble(), flops, 1e-9);
            JsonNode head = steps.get(steps.size() - 1);
            // 1000 x 1280 weights, read once, and as many values in and out.
            assertEquals(4 * (1000 * 1280 + 1000 + 1280) / 1e6, head.path("values").path("moved_mb").asDouble(), 1e-9);
            assertTrue(head.path("values").path("roof_percent").asDouble() > 0, head.toString());
        }
        assertFalse(Cli.json("bench", "model", "--variant", "T0", "--size", "32", "--backend", "fused", "--runs", "1", "--rounds", "1",
                "--warm-up", "0s", "--json").has("steps"));
    }

    @Test
    void threadsMayBePinnedAndTheChipIsAsked() throws JsonProcessingException {
        List<String> command = new ArrayList<>(List.of("bench", "model", "--variant", "T0", "--size", "32", "--threads", "1", "--runs",
                "1", "--rounds", "1", "--warm-up", "0s", "--pin", "--counters"));
        List<String> onOneDnn = new ArrayList<>(command);
        command.addAll(List.of("--backend", "fused", "--json"));
        JsonNode report = Cli.json(command.toArray(String[]::new));
        assertTrue(report.path("environment").path("pinning").asText().contains("each thread of a run on a CPU of its own"));
        JsonNode values = report.path("measurements").get(0).path("values");
        String missing = String.join(", ", subjects(report.path("skipped"), "kind"));
        assertEquals(missing.contains("CPU ms"), !values.has("cpu_ms_per_run"), missing + values);
        assertEquals(missing.contains("cycles"), !values.has("cycles_per_run"), missing + values);
        assertEquals(missing.contains("energy"), !values.has("joules_per_image"), missing + values);
        onOneDnn.addAll(List.of("--backend", "onednn"));
        Cli refused = Cli.run(onOneDnn.toArray());
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("threads can be pinned in the back end fused, not in onednn: start with the environment"
                + " variable OMP_PROC_BIND=close instead"), refused.err());
    }

    @Test
    void aSweepGoesOnToLargerBatchesAndNamesTheBest() throws JsonProcessingException {
        String[] command = {"bench", "sweep", "--size", "32", "--backend", "fused", "--precision", "f32", "--threads", "1",
            "--max-batch", "6", "--runs", "2", "--rounds", "2", "--warm-up", "0s"};
        List<String> json = new ArrayList<>(List.of(command));
        json.add("--json");
        JsonNode report = Cli.json(json.toArray(String[]::new));
        List<String> batches = subjects(report.path("measurements"), "batch");
        assertTrue(List.of("1", "2", "4", "6").subList(0, batches.size()).equals(batches) && batches.size() >= 2, batches::toString);
        assertEquals(!report.path("measurements").get(0).path("values").has("joules_per_image"),
                subjects(report.path("skipped"), "kind").contains("energy"));
        String text = Cli.output(command);
        assertTrue(text.contains("lowest latency: T0 fused "), text);
        assertTrue(text.matches("(?s).*highest throughput: T0 fused \\S+ f32 \\d 32x32 1: images/s [\\d.]+\n.*"), text);
        assertTrue(Cli.wrongUsage("bench", "sweep", "--max-batch", "0").contains("--max-batch is 0: 1 or more is expected"));
    }

    @Test
    void operatorsAreMeasuredHotAndCold() throws JsonProcessingException {
        JsonNode lines = Cli.json("bench", "op", "--shape", "1x16x4x4", "--operator", "pconv/4,dwconv3x3", "--threads", "1",
                "--runs", "2", "--rounds", "1", "--warm-up", "0s", "--json").path("measurements");
        assertEquals(List.of("pconv/4 fused hot", "pconv/4 fused cold", "dwconv3x3 onednn hot", "dwconv3x3 onednn cold"),
                subjects(lines, "operator", "backend", "caches"));
        JsonNode partial = lines.get(0).path("values");
        JsonNode cold = lines.get(1).path("values");
        assertTrue(cold.path("roof_percent").asDouble() > 0, cold.toString());
        assertEquals(partial.path("flop_per_byte"), cold.path("flop_per_byte"));
        List<String> steps = new ArrayList<>();
        lines.get(0).path("implementations").forEach(step -> steps.add(step.asText().replaceFirst(" fused:.*", "")));
        assertEquals(List.of("PartialConv input", "PartialConv partial convolution"), steps);
        // 4 of 16 channels: 9 x 4 x 4 multiply-adds per pixel; 4 channels read and written, 9 x 4 x 4 weights.
        double flops = 2.0 * 16 * 144;
        double bytes = 4.0 * (2 * 16 * 4 + 144);
        assertEquals(flops / 1e9, partial.path("gflop").asDouble());
        assertEquals(bytes / 1e6, partial.path("moved_mb").asDouble());
        assertEquals(flops / bytes, partial.path("flop_per_byte").asDouble(), 1e-12);
        assertEquals(bytes / 1e6 / partial.path("p50_ms").asDouble(), partial.path("gb_per_s").asDouble(), 1e-9);
    }

    @Test
    void peaksAreMeasuredAndWhatTheCpuLacksIsSkipped() throws JsonProcessingException {
        JsonNode report = Cli.json(
                "bench", "peak", "--isa", "portable", "--kernel", "triad", "--round", "1ms", "--threads", "1", "--json");
        JsonNode lines = report.path("measurements");
        int levels = Hardware.detect().cacheBytes().size() + 1;
        assertEquals(1 + levels, lines.size());
        assertEquals("multiply-adds portable f32", subjects(lines, "kind", "isa", "precision").get(0));
        assertTrue(lines.get(0).path("values").path("gflop_per_s").asDouble() > 0);
        assertEquals("triad memory", subjects(lines, "kind", "level").get(levels));
        assertTrue(lines.get(levels).path("values").path("gb_per_s").asDouble() > 0);
        assertEquals(List.of("bf16", "int8"), subjects(report.path("skipped"), "precision"));
    }

    @Test
    void bandwidthIsOfTheWidestInstructionsNamed() throws JsonProcessingException {
        List<String> isas = Hardware.detect().isas();
        String widest = isas.get(isas.size() - 1);
        JsonNode lines = Cli.json("bench", "peak", "--isa", widest + ",portable", "--precision", "f32", "--kernel", "read",
                "--round", "1ms", "--threads", "1", "--json").path("measurements");
        assertTrue(subjects(lines, "kind", "isa", "level").contains("read " + widest + " memory"), lines.toString());
    }

    static Stream<List<String>> optionsThatExcludeEachOther() {
        return Stream.of(
                List.of("--paper", "--variant", "T1"),
                List.of("--paper", "--batch", "2"),
                List.of("--paper", "--size", "64"),
                List.of("--paper", "--shape", "1x16x4x4"),
                List.of("--shape", "1x16x4x4", "--variant", "T1"),
                List.of("--shape", "1x16x4x4", "--size", "64", "--batch", "2"));
    }

    @ParameterizedTest
    @MethodSource
    void optionsThatExcludeEachOther(List<String> options) {
        List<String> args = new ArrayList<>(List.of("bench", "op"));
        args.addAll(options);
        String err = Cli.wrongUsage(args.toArray());
        assertTrue(err.contains("mutually exclusive"), err);
    }

    @Test
    void operatorsThatTheShapesHaveNotAreWrongUsage() {
        Cli cli = Cli.run("bench", "op", "--paper", "--operator", "block,patch");
        assertEquals(2, cli.status());
        assertEquals("fasternet bench op: --operator block,patch: nothing to measure, the shapes asked for are those of conv3x3,"
                + " gconv3x3, dwconv3x3, pconv/4 ('fasternet bench op --help' shows the usage)\n", cli.err());
    }

    @Test
    void aNetworksOperatorsHaveItsBatchAndSize() throws JsonProcessingException {
        JsonNode lines = Cli.json("bench", "op", "--batch", "2", "--size", "64", "--operator", "patch", "--caches", "hot",
                "--runs", "1", "--rounds", "1", "--warm-up", "0s", "--threads", "1", "--json").path("measurements");
        assertEquals(List.of("patch 2x3x64x64"), subjects(lines, "operator", "shape"));
    }

    @Test
    void peersTakeTurnsAndAgree() throws JsonProcessingException {
        JsonNode lines = Cli.json("bench", "peers", "--peer", "fused,onednn,onnxruntime", "--size", "32", "--batch", "1,1",
                "--threads", "1", "--runs", "2", "--rounds", "2", "--warm-up", "0s", "--json").path("measurements");
        assertEquals(List.of("fused f32", "onednn f32", "onnxruntime f32"), subjects(lines, "peer", "precision"));
        assertEquals(1, lines.get(0).path("values").path("ratio").asDouble());
        for (JsonNode line : lines) {
            assertEquals(2, line.path("rounds").size());
            assertTrue(line.path("values").path("difference").asDouble() < 1e-4, line.toString());
        }
    }

    @Test
    void theTableHasTheColumnsAskedFor() {
        String text = Cli.output("bench", "peak", "--isa", "portable", "--precision", "f32", "--kernel", "copy", "--round", "1ms",
                "--threads", "1", "--columns", "gb_per_s,p50_ms");
        assertTrue(text.matches("(?s)kind +level +isa +precision +threads +GB/s\n.*"), text);
        Cli unknown = Cli.run("bench", "peak", "--columns", "p50");
        assertEquals(2, unknown.status());
        assertTrue(unknown.err().contains("no metric is called 'p50': load_ms, "), unknown.err());
    }

    @Test
    void peersAreMeasuredOncePerBatch() throws JsonProcessingException {
        JsonNode lines = Cli.json("bench", "peers", "--peer", "fused", "--size", "32", "--threads", "1", "--batch", "2,1,2",
                "--runs", "1", "--rounds", "1", "--warm-up", "0s", "--json").path("measurements");
        assertEquals(List.of("2", "1"), subjects(lines, "batch"));
        assertEquals(2, Cli.run("bench", "peers", "--batch", "many").status());
    }

    @Test
    void aPeerWithoutThePrecisionIsRefusedIfItWasNamed() throws JsonProcessingException {
        Cli named = Cli.run("bench", "peers", "--peer", "fused,pytorch", "--precision", "int8");
        assertEquals(1, named.status());
        assertEquals("fasternet: pytorch: it is not measured in int8\n", named.err());
        JsonNode report = Cli.json("bench", "peers", "--precision", "int8", "--size", "32", "--threads", "1", "--runs", "1",
                "--rounds", "1", "--warm-up", "0s", "--json");
        assertTrue(subjects(report.path("measurements"), "peer", "precision").contains("fused int8"), report.toString());
        assertTrue(subjects(report.path("skipped"), "peer").contains("pytorch"), report.toString());
    }

    @Test
    void thePapersComparisonIsExplained() {
        String text = Cli.output("bench", "op", "--paper", "--operator", "conv3x3,pconv/4", "--caches", "hot", "--runs", "1",
                "--rounds", "1", "--warm-up", "0s", "--threads", "1");
        assertTrue(text.contains("1x96x56x56: pconv/4 (fused) does 1/16 of the work of conv3x3 in 1/"), text);
    }
}
