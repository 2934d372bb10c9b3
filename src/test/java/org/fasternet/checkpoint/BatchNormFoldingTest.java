package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.fasternet.error.InvalidFileException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchNormFoldingTest {
    private static final FasterNetConfig CLASSIFIER =
            new FasterNetConfig(3, 8, List.of(1, 2), 4, 2, 6, 5, Activation.RELU, true, true, false);
    private static final FasterNetConfig DETECTION =
            new FasterNetConfig(3, 8, List.of(1, 1), 4, 2, 0, 0, Activation.RELU, false, false, true);
    private static final int PIXELS = 5;

    /** Convolution and then normalisation, over a few windows, against the folded convolution over the same. */
    @ParameterizedTest
    @CsvSource({
        "patch_embed.proj, patch_embed.norm",
        "stages.0.blocks.0.mlp.0, stages.0.blocks.0.mlp.1",
        "stages.2.blocks.1.mlp.0, stages.2.blocks.1.mlp.1",
        "stages.1.reduction, stages.1.norm"})
    void aConvolutionTakesUpItsNormalisation(String convolution, String norm) {
        Checkpoint checkpoint = Checkpoint.random(CLASSIFIER, 3);
        Map<String, Tensor> trained = checkpoint.weights();
        Map<String, Tensor> folded = checkpoint.folded();
        float[] weight = trained.get(convolution + ".weight").data();
        float[] foldedWeight = folded.get(convolution + ".weight").data();
        int rows = trained.get(convolution + ".weight").dim(0);
        int window = weight.length / rows;
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            double[] x = new SplittableRandom(pixel).doubles(window, -1, 1).toArray();
            for (int row = 0; row < rows; row++) {
                double expected = normalized(dot(weight, row, x), trained, norm, row);
                double actual = dot(foldedWeight, row, x) + folded.get(convolution + ".bias").data()[row];
                assertEquals(expected, actual, window * Math.ulp(4f), "row " + row + " of pixel " + pixel);
            }
        }
    }

    @Test
    void aStageNormBecomesAFactorAndASummand() {
        Checkpoint checkpoint = Checkpoint.random(DETECTION, 3);
        Map<String, Tensor> folded = checkpoint.folded();
        for (int channel = 0; channel < 16; channel++) {
            double expected = normalized(0.7, checkpoint.weights(), "norm2", channel);
            double actual = 0.7 * folded.get("norm2.weight").data()[channel] + folded.get("norm2.bias").data()[channel];
            assertEquals(expected, actual, 2 * Math.ulp(1f), "channel " + channel);
        }
    }

    @Test
    void aProjectionTakesUpItsLayerScale() {
        Checkpoint checkpoint = Checkpoint.random(CLASSIFIER, 3);
        float[] trained = checkpoint.weights().get("stages.2.blocks.0.mlp.3.weight").data();
        float[] scale = checkpoint.weights().get("stages.2.blocks.0.layer_scale").data();
        float[] folded = checkpoint.folded().get("stages.2.blocks.0.mlp.3.weight").data();
        for (int i = 0; i < trained.length; i++) {
            assertEquals(trained[i] * scale[i / 32], folded[i], "weight " + i);
        }
    }

    private static double dot(float[] weight, int row, double[] x) {
        double sum = 0;
        for (int k = 0; k < x.length; k++) {
            sum += weight[row * x.length + k] * x[k];
        }
        return sum;
    }

    private static double normalized(double x, Map<String, Tensor> weights, String norm, int channel) {
        double gamma = weights.get(norm + ".weight").data()[channel];
        double beta = weights.get(norm + ".bias").data()[channel];
        double mean = weights.get(norm + ".running_mean").data()[channel];
        double variance = weights.get(norm + ".running_var").data()[channel];
        return (x - mean) / Math.sqrt(variance + 1e-5) * gamma + beta;
    }

    @Test
    void whatHasNothingToFoldIsShared() {
        Checkpoint checkpoint = Checkpoint.random(DETECTION, 3);
        for (String key : List.of("patch_embed.proj.weight", "stages.0.blocks.0.spatial_mixing.partial_conv3.weight",
                "stages.0.blocks.0.mlp.3.weight")) {
            assertSame(checkpoint.weights().get(key), checkpoint.folded().get(key), key);
        }
        assertTrue(!checkpoint.folded().containsKey("patch_embed.proj.bias"));
    }

    /** A checkpoint whose named tensors have other values at index 1. */
    private static Checkpoint with(Map<String, Float> values) {
        Map<String, Tensor> weights = new LinkedHashMap<>(Checkpoint.random(CLASSIFIER, 3).weights());
        values.forEach((key, value) -> {
            float[] data = weights.get(key).data().clone();
            data[1] = value;
            weights.put(key, new Tensor(weights.get(key).shape(), data));
        });
        return Checkpoint.of("F.pth", StateDicts.of(weights), ModelCard.empty(), Optional.empty());
    }

    private static String refusal(Map<String, Float> values) {
        return assertThrows(InvalidFileException.class, with(values)::folded).getMessage();
    }

    private static float foldedBias(String key, float value) {
        return with(Map.of(key, value)).folded().get("stages.1.reduction.bias").data()[1];
    }

    @Test
    void aNegativeVarianceIsNamed() {
        assertEquals("F.pth: 'stages.1.norm.running_var' is -0.5 at channel 1, a variance of at least 0 is expected",
                refusal(Map.of("stages.1.norm.running_var", -0.5f)));
        assertTrue(Float.isFinite(foldedBias("stages.1.norm.running_var", 0)));
    }

    @Test
    void overflowIsNamed() {
        String weight = refusal(Map.of("stages.1.norm.weight", 3e38f, "stages.1.norm.running_var", 0f));
        assertTrue(weight.startsWith("F.pth: 'stages.1.reduction.weight' would be "), weight);
        String bias = refusal(Map.of("stages.1.norm.bias", 3e38f, "stages.1.norm.running_mean", -3e38f));
        assertTrue(bias.startsWith("F.pth: 'stages.1.norm.bias' would be "), bias);
    }

    @Test
    void notANumberStaysOne() {
        assertTrue(Float.isNaN(foldedBias("stages.1.norm.bias", Float.NaN)));
        assertTrue(Float.isNaN(foldedBias("stages.1.norm.running_var", Float.NaN)));
    }
}
