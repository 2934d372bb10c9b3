package org.fasternet.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.TestData;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.CheckpointOptions;
import org.fasternet.checkpoint.SafetensorsWriter;
import org.fasternet.checkpoint.StoredQuantization;
import org.fasternet.compute.Precision;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {
    private static final FasterNetConfig GELU =
            new FasterNetConfig(3, 16, List.of(1, 2), 4, 2, 20, 9, Activation.GELU, false, true, false);
    private static final FasterNetConfig DETECTION =
            new FasterNetConfig(3, 16, List.of(1, 1), 4, 2, 0, 0, Activation.RELU, true, true, true);
    private static final SessionOptions INT8 = SessionOptions.defaults().withPrecision(Precision.INT8);

    @TempDir
    private Path folder;

    private static FloatBuffer image(int seed, int elements) {
        return Golden.direct(TestData.gaussian(new Random(seed), elements));
    }

    private static Checkpoint quantize(Checkpoint checkpoint, RangeMethod method) {
        try (Quantizer quantizer = new Quantizer(checkpoint, method)) {
            for (int i = 0; i < 3; i++) {
                quantizer.calibrate(image(i, quantizer.shape().elements()));
            }
            return quantizer.quantize();
        }
    }

    @ParameterizedTest
    @EnumSource(RangeMethod.class)
    void outputsStayThoseOfF32(RangeMethod method) {
        for (FasterNetConfig config : List.of(GELU, DETECTION)) {
            Checkpoint original = Checkpoint.random(config, 2);
            Checkpoint quantized = quantize(original, method);
            assertEquals(method.id(), quantized.quantization().orElseThrow().method());
            assertEquals(3, quantized.quantization().orElseThrow().images());
            try (Evaluation evaluation = new Evaluation(original, quantized)) {
                for (int i = 10; i < 13; i++) {
                    evaluation.add(image(i, 3 * 224 * 224), OptionalInt.empty());
                }
                QuantizationReport report = evaluation.report();
                assertEquals(3, report.images().size());
                assertTrue(report.leastCosine() > 0.99, method + ": " + report.leastCosine());
                for (QuantizationReport.LayerNoise layer : report.layers()) {
                    assertTrue(layer.decibels() > 20, layer::toString);
                }
                assertEquals(config.detection(), report.agreement().isEmpty());
            }
        }
    }

    /** A constant image has no variance anywhere; weights of zeros, dead channels and channels a million times larger do happen. */
    @Test
    void degenerateWeightsAndImages() {
        Checkpoint random = Checkpoint.random(GELU, 2);
        Path file = folder.resolve("odd.safetensors");
        Map<String, Tensor> weights = new LinkedHashMap<>();
        random.weights().forEach((name, tensor) -> {
            float[] values = tensor.data().clone();
            int row = values.length / Math.max(1, tensor.rank() > 0 ? tensor.dim(0) : 1);
            if (name.endsWith(".weight") && tensor.rank() == 4) {
                Arrays.fill(values, 0, row, 0);
                for (int i = row; name.contains("mlp.0") && i < 2 * row; i++) {
                    values[i] *= 1e6f;
                }
            }
            weights.put(name, new Tensor(tensor.shape(), values));
        });
        SafetensorsWriter.write(file, weights, DType.F32, Map.of());
        Checkpoint odd = Checkpoint.read(file, CheckpointOptions.none().withActivation(Activation.GELU));
        for (float constant : new float[] {0, 3}) {
            try (Quantizer quantizer = new Quantizer(odd, RangeMethod.MSE)) {
                float[] values = new float[quantizer.shape().elements()];
                Arrays.fill(values, constant);
                quantizer.calibrate(Golden.direct(values));
                try (Session session = FasterNet.of(quantizer.quantize()).session(INT8)) {
                    FloatBuffer dst = Golden.floats(9);
                    session.run(Golden.direct(values), dst);
                    for (float logit : Golden.array(dst)) {
                        assertTrue(Float.isFinite(logit));
                    }
                }
            }
        }
    }

    @Test
    void theRangesOfAKnownDistribution() {
        Histogram histogram = new Histogram();
        float[] values = TestData.gaussian(new Random(1), 100_000);
        values[7] = 60; // One outlier.
        histogram.add(values, values.length);
        Range all = RangeMethod.MINMAX.range(histogram, x -> x);
        assertEquals(60, all.high(), 0);
        Range most = RangeMethod.PERCENTILE.range(histogram, x -> x);
        assertTrue(most.high() > 3 && most.high() < 4.5 && most.low() < -3 && most.low() > -5, most::toString);
        // A coarse search of both ends at the same time finds nothing better.
        Range best = RangeMethod.MSE.range(histogram, x -> x);
        SquareError error = new SquareError(histogram, x -> x);
        for (int low = 1; low <= 16; low++) {
            for (int high = 1; high <= 16; high++) {
                Range other = new Range(all.low() * low / 16, all.high() * high / 16);
                assertTrue(error.of(best) <= error.of(other) * 1.001, () -> best + " and " + other);
            }
        }
        // What lies far below 0 is 0 behind a GELU: steps are not wasted on it.
        Range gelu = RangeMethod.MSE.range(histogram, Activation.GELU::of);
        assertTrue(gelu.low() > -3.6, gelu::toString);
    }

    @Test
    void aHistogramWidensForWhatComesLater() {
        Histogram histogram = new Histogram();
        histogram.add(new float[] {0, 0}, 2);
        histogram.add(new float[] {0.5f, -0.5f}, 2);
        histogram.add(new float[] {-100, 3, 77}, 2);
        long count = 0;
        double sum = 0;
        for (int i = 0; i < histogram.bins(); i++) {
            count += histogram.count(i);
            sum += histogram.count(i) * histogram.value(i);
        }
        assertEquals(6, count);
        assertEquals(-97, sum, 0.3);
        assertEquals(-100, histogram.min());
        assertEquals(3, histogram.max());
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        for (FasterNetConfig config : List.of(GELU, DETECTION)) {
            Checkpoint quantized = quantize(Checkpoint.random(config, 2), RangeMethod.MSE);
            Path file = folder.resolve("q.safetensors");
            quantized.writeQuantized(file);
            Checkpoint read = Checkpoint.read(file);
            StoredQuantization expected = quantized.quantization().orElseThrow();
            StoredQuantization actual = read.quantization().orElseThrow();
            assertEquals(expected.calibration(), actual.calibration());
            assertEquals(expected.src(), actual.src());
            assertEquals(expected.pool(), actual.pool());
            assertEquals(expected.matrices().keySet(), actual.matrices().keySet());
            expected.matrices().forEach((key, matrix) -> {
                assertArrayEquals(matrix.weights(), actual.matrices().get(key).weights(), key);
                assertArrayEquals(matrix.correction(), actual.matrices().get(key).correction(), key);
                assertEquals(matrix.result(), actual.matrices().get(key).result(), key);
            });
            quantized.weights().forEach((key, tensor) -> assertArrayEquals(tensor.data(), read.weights().get(key).data(), key));
            FasterNet fromStream = FasterNet.of(Checkpoint.read(
                    new ByteArrayInputStream(Files.readAllBytes(file)), "a stream", CheckpointOptions.none()));
            float[] src = TestData.gaussian(new Random(3), 3 * 224 * 224);
            List<List<float[]>> outputs = new ArrayList<>();
            for (FasterNet net : List.of(FasterNet.of(quantized), FasterNet.load(file), fromStream)) {
                try (Session session = net.session(INT8)) {
                    FloatBuffer[] dsts = Buffers.floats(session.dstShapes());
                    session.run(Golden.direct(src), dsts);
                    outputs.add(Stream.of(dsts).map(Golden::array).toList());
                }
            }
            for (int i = 0; i < outputs.get(0).size(); i++) {
                assertArrayEquals(outputs.get(0).get(i), outputs.get(1).get(i));
                assertArrayEquals(outputs.get(0).get(i), outputs.get(2).get(i));
            }
        }
    }

    @Test
    void misuseIsRefused() {
        Checkpoint checkpoint = Checkpoint.random(GELU, 2);
        try (Quantizer quantizer = new Quantizer(checkpoint, RangeMethod.MSE)) {
            assertRefused("no image to calibrate with", quantizer::quantize);
            assertRefused("an image of 5 values, 150528 are expected", () -> quantizer.calibrate(Golden.floats(5)));
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                FloatBuffer image = Golden.floats(3 * 224 * 224).put(77, bad);
                assertRefused("an image has the value " + bad, () -> quantizer.calibrate(image));
            }
        }
        Checkpoint quantized = quantize(checkpoint, RangeMethod.MSE);
        assertRefused("is quantized already", () -> new Quantizer(quantized, RangeMethod.MSE));
        assertThrows(IllegalStateException.class, () -> checkpoint.writeQuantized(folder.resolve("x")));
    }

    private static void assertRefused(String sentence, Runnable action) {
        ShapeException refused = assertThrows(ShapeException.class, action::run);
        assertTrue(refused.getMessage().contains(sentence), refused::getMessage);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void weightsThatAreNoNumbersAreNamed(float bad) {
        Checkpoint random = Checkpoint.random(GELU, 2);
        Map<String, Tensor> weights = new LinkedHashMap<>(random.weights());
        String key = "stages.2.blocks.0.mlp.3.weight";
        float[] values = weights.get(key).data().clone();
        values[3] = bad;
        weights.put(key, new Tensor(weights.get(key).shape(), values));
        Path file = folder.resolve("bad.safetensors");
        SafetensorsWriter.write(file, weights, DType.F32, Map.of());
        Checkpoint checkpoint = Checkpoint.read(file, CheckpointOptions.none().withActivation(Activation.GELU));
        assertRefused("stages.2.blocks.0.mlp.3: its result is NaN or infinite", () -> quantize(checkpoint, RangeMethod.MSE));
    }

    static Stream<List<String>> spoiltHeaders() {
        return Stream.of(
                List.of("\"src\":[", "\"src\":[-1,0],\"x\":[", "src has a scale of -1.0: a positive finite one is expected"),
                List.of("\"src\":[", "\"src\":[0,0],\"x\":[", "src has a scale of 0.0"),
                List.of("\"src\":[", "\"src\":[1,256],\"x\":[", "src has a zero point of 256: 0 to 255 is expected"),
                List.of("\"src\":[", "\"src\":[1,0.5],\"x\":[", "[scale, zero point] is expected"),
                List.of("\"src\":[", "\"src\":\"NaN\",\"x\":[", "src is "),
                List.of("\"src\":[", "\"x\":[", "src is missing"),
                List.of("\"pool\":[", "\"x\":[", "pool has no scale"),
                List.of("\"matrices\":{", "\"x\":{", "matrices is missing"),
                List.of("\"head\":{", "\"hat\":{", "'head.weight' holds integers (I8), floating point is expected"),
                List.of("\"patch_embed.proj\":{", "\"hat\":{", "'patch_embed.proj' has no scales in the header"),
                List.of("\"weights\":[", "\"weights\":[1e-9,", "correction has 20 values, 21 are expected"),
                List.of("\"weights\":[", "\"correction\":[],\"x\":[", "Duplicate field"),
                List.of("\"weights\":[", "\"weights\":[-", "a weights' scale of -"),
                List.of("\"correction\":[", "\"correction\":[1,", "correction has "),
                List.of("\"correction\":[", "\"correction\":[1e60,", "correction"),
                List.of("\"method\"", "method", "is not valid JSON"));
    }

    @ParameterizedTest
    @MethodSource("spoiltHeaders")
    void aSpoiltHeaderIsToldInASentence(List<String> spoilt) throws IOException {
        Path file = folder.resolve("q.safetensors");
        quantize(Checkpoint.random(GELU, 2), RangeMethod.MINMAX).writeQuantized(file);
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        String from = spoilt.get(0).replace("\"", "\\\"");
        assertTrue(text.contains(from), from);
        String header = text.substring(8, 8 + (int) length(text)).replaceFirst(
                Pattern.quote(from), Matcher.quoteReplacement(spoilt.get(1).replace("\"", "\\\"")));
        String body = text.substring(8 + (int) length(text));
        StringBuilder prefix = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            prefix.append((char) (header.length() >> 8 * i & 255 & (i < 4 ? 255 : 0)));
        }
        Files.writeString(file, prefix + header + body, StandardCharsets.ISO_8859_1);
        InvalidFileException refused = assertThrows(InvalidFileException.class, () -> FasterNet.load(file));
        assertTrue(refused.getMessage().contains(spoilt.get(2)), refused::getMessage);
        assertTrue(refused.getMessage().startsWith(file.toString()), refused::getMessage);
    }

    private static long length(String text) {
        long length = 0;
        for (int i = 7; i >= 0; i--) {
            length = length << 8 | text.charAt(i);
        }
        return length;
    }

    @Test
    void scalesOfWeightsFitTheirBias() {
        QuantizationParams src = new QuantizationParams(0.01f, 3);
        Optional<QuantizationParams> dst = Optional.of(new QuantizationParams(0.5f, 0));
        assertEquals(0.01f, MatrixScales.scale(0.01, 0, src, dst));
        assertTrue(1000 / (0.01 * MatrixScales.scale(1e-30, 1000, src, dst)) <= 1 << 28);
        assertTrue(MatrixScales.scale(0, 0, src, dst) * 0.01 <= 0.25);
    }
}
