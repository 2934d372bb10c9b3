package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.Variant;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointTest {
    private static final FasterNetConfig LAYER_SCALE =
            new FasterNetConfig(2, 8, List.of(1, 2), 4, 2, 6, 3, Activation.GELU, true, true, false);
    private static final FasterNetConfig DETECTION =
            new FasterNetConfig(3, 8, List.of(1, 1), 4, 2, 0, 0, Activation.RELU, false, false, true);

    @TempDir
    Path folder;

    private static void assertSameWeights(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(actual.keySet()));
        expected.forEach((key, tensor) -> {
            assertArrayEquals(tensor.shape(), actual.get(key).shape(), key);
            assertArrayEquals(tensor.data(), actual.get(key).data(), key);
        });
    }

    /** Of a plain network and of one with scales, all that is known of them. */
    @Test
    void allThatThereIsIsWritten() {
        List<String> labels = List.of("one", "two", "three");
        Checkpoint plain = Checkpoint.random(LAYER_SCALE, 1).withLabels(labels);
        assertEquals(plain.weights().size(), plain.write(folder.resolve("plain")));
        Checkpoint read = Checkpoint.read(folder.resolve("plain"));
        assertSameWeights(plain.weights(), read.weights());
        assertEquals(labels, read.labels());
        assertEquals(LAYER_SCALE, read.config());
        Checkpoint.demoQuantized().write(folder.resolve("int8"));
        Checkpoint quantized = Checkpoint.read(folder.resolve("int8"));
        assertEquals(Checkpoint.demoQuantized().quantization().orElseThrow().matrices().keySet(),
                quantized.quantization().orElseThrow().matrices().keySet());
        assertSameWeights(Checkpoint.demoQuantized().weights(), quantized.weights());
        assertThrows(ShapeException.class, () -> plain.withLabels(List.of("one")));
    }

    /** The figures are PyTorch's for the published models. */
    @ParameterizedTest
    @CsvSource({"T0, 3905500", "T1, 7595368", "T2, 14982888"})
    void countsParametersAsPyTorchDoes(Variant variant, long expected) {
        assertEquals(expected, Checkpoint.random(variant.config(), 0).parameterCount());
    }

    @Test
    void countsLayerScaleToo() {
        FasterNetConfig tiny = new FasterNetConfig(3, 8, List.of(1), 4, 2, 6, 3, Activation.RELU, true, true, false);
        int patchEmbedding = 8 * 48 + 2 * 8;
        int block = 2 * 2 * 9 + 16 * 8 + 2 * 16 + 8 * 16 + 8;
        int head = 6 * 8 + 3 * 6 + 3;
        assertEquals(patchEmbedding + block + head, Checkpoint.random(tiny, 0).parameterCount());
    }

    @Test
    void randomWeightsDependOnTheSeedAlone() {
        Checkpoint once = Checkpoint.random(LAYER_SCALE, 42);
        assertSameWeights(once.weights(), Checkpoint.random(LAYER_SCALE, 42).weights());
        String key = "stages.0.blocks.0.mlp.0.weight";
        assertNotEquals(once.weights().get(key).data()[0], Checkpoint.random(LAYER_SCALE, 43).weights().get(key).data()[0]);
        assertEquals("random weights, seed 42", once.source());
        assertEquals("gelu, as configured", once.activationSource());
    }

    /** A layer that keeps the mean square of its input has rows of a mean square of 1 / fan-in; a variance is never near 0. */
    @Test
    void randomWeightsHaveATrainedNetworksMagnitudes() {
        Map<String, Tensor> weights = Checkpoint.random(Variant.T0.config(), 1).weights();
        weights.forEach((key, tensor) -> {
            double squares = 0;
            for (float value : tensor.data()) {
                squares += (double) value * value;
            }
            double meanSquare = squares / tensor.elements();
            if (tensor.rank() > 1) {
                double gain = meanSquare * tensor.elements() / tensor.dim(0);
                assertEquals(key.endsWith(".mlp.3.weight") ? 0.1 : 1, gain, 0.15, key);
            } else if (key.endsWith("running_var")) {
                assertEquals(1, meanSquare, 0.25, key);
            } else {
                assertTrue(meanSquare > 0.001 && meanSquare < 1.3, key + ": " + meanSquare);
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = "I8", mode = EnumSource.Mode.EXCLUDE)
    void whatIsWrittenIsReadAgain(DType dtype) {
        for (FasterNetConfig config : List.of(LAYER_SCALE, DETECTION)) {
            Checkpoint original = Checkpoint.random(config, 5);
            Path file = folder.resolve("trained.safetensors");
            original.write(file, false, dtype);
            Checkpoint read = Checkpoint.read(file);
            assertEquals(config, read.config());
            assertEquals(original.preprocessing(), read.preprocessing());
            assertEquals(original.parameterCount(), read.parameterCount());
            assertRounded(original.weights(), dtype, read.weights());

            Path foldedFile = folder.resolve("folded.safetensors");
            original.write(foldedFile, true, dtype);
            Checkpoint folded = Checkpoint.read(foldedFile);
            assertEquals(new FasterNetConfig(config.inChannels(), 8, config.depths(), 4, 2, config.featureDim(),
                    config.numClasses(), config.activation(), false, config.patchNorm(), config.detection()), folded.config());
            assertRounded(original.folded(), dtype, folded.weights());
            assertSameWeights(folded.weights(), folded.folded());
        }
    }

    /** Within half a unit in the last place of a format with so many bits; exact in f32. */
    private static void assertRounded(Map<String, Tensor> expected, DType dtype, Map<String, Tensor> actual) {
        double relative = switch (dtype) {
            case F64, F32 -> 0;
            case F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            case I8 -> throw new AssertionError("needs scales");
        };
        assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(actual.keySet()));
        expected.forEach((key, tensor) -> {
            float[] exactly = tensor.data();
            float[] rounded = actual.get(key).data();
            for (int i = 0; i < tensor.elements(); i++) {
                double exact = exactly[i];
                // f16's subnormal numbers are 2^-24 apart.
                double tolerance = relative == 0 ? 0 : Math.abs(exact) * relative + 0x1p-25;
                assertEquals(exact, rounded[i], tolerance, key + " " + i);
            }
        });
    }

    @Test
    void labelsAndPreprocessingAreWrittenToo() {
        String json = """
                {"act_layer": "relu", "input_size": [2, 32, 48], "mean": [0.1, 0.2], "std": [0.3, 0.4], "crop_pct": 0.9375,
                 "interpolation": "bilinear", "label_names": ["a", "\\u00e4\\"\\n", "c"]}""";
        Checkpoint original = Checkpoint.of("F.pth", StateDicts.of(Checkpoint.random(LAYER_SCALE, 5).weights()),
                ModelCard.parse("c.json", "c.json", json), Optional.empty());
        Path file = folder.resolve("a.safetensors");
        original.write(file, true, DType.F16);
        Checkpoint read = Checkpoint.read(file);
        assertEquals(List.of("a", "\u00e4\"\n", "c"), read.labels());
        assertEquals(original.preprocessing(), read.preprocessing());
        assertEquals(Activation.RELU, read.config().activation());
        assertFalse(Files.exists(folder.resolve("config.json")));
    }

    @Test
    void theSameCheckpointIsWrittenAsTheSameBytes() throws IOException {
        Path first = folder.resolve("1.safetensors");
        Path second = folder.resolve("2.safetensors");
        Checkpoint.random(LAYER_SCALE, 5).write(first, false, DType.BF16);
        Checkpoint.random(LAYER_SCALE, 5).write(second, false, DType.BF16);
        assertEquals(-1, Files.mismatch(first, second));
    }

    @Test
    void weightsCannotBeReplaced() {
        Checkpoint checkpoint = Checkpoint.random(LAYER_SCALE, 5);
        assertThrows(UnsupportedOperationException.class, () -> checkpoint.weights().clear());
        assertThrows(UnsupportedOperationException.class, () -> checkpoint.folded().clear());
    }
}
