package org.fasternet.quantize;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How faithful a quantized network is to the one that it was made of, on images that did not calibrate it.
 *
 * @param images of each: what came of it
 * @param layers of each but the last: the noise in its result, with all the noise of those before it
 */
public record QuantizationReport(List<Outcome> images, List<LayerNoise> layers) {
    public QuantizationReport {
        images = List.copyOf(images);
        layers = List.copyOf(layers);
    }

    /**
     * Of one image.
     *
     * @param cosine of the angle between both networks' outputs; of a detection backbone, of all feature maps as one vector
     * @param agrees whether both find the same class the most probable; empty without classes
     * @param f32Right whether f32 finds the true class; empty if that is not known
     * @param int8Right likewise
     */
    public record Outcome(double cosine, Optional<Boolean> agrees, Optional<Boolean> f32Right, Optional<Boolean> int8Right) {}

    /**
     * @param layer by name
     * @param decibels signal-to-quantization-noise ratio, 10 log10 of the sum of the squares of f32's values over that of the
     *     differences; infinite without any
     */
    public record LayerNoise(String layer, double decibels) {}

    public double meanCosine() {
        return images.stream().mapToDouble(Outcome::cosine).average().orElse(Double.NaN);
    }

    public double leastCosine() {
        return images.stream().mapToDouble(Outcome::cosine).min().orElse(Double.NaN);
    }

    /** The part of the images for which both agree; empty without classes. */
    public OptionalDouble agreement() {
        return part(images.stream().flatMap(image -> image.agrees.stream()).toList());
    }

    /** The part of the images that f32 gets right; empty if the true classes are not known. */
    public OptionalDouble f32Accuracy() {
        return part(images.stream().flatMap(image -> image.f32Right.stream()).toList());
    }

    /** As {@link #f32Accuracy}, in 8 bits. */
    public OptionalDouble int8Accuracy() {
        return part(images.stream().flatMap(image -> image.int8Right.stream()).toList());
    }

    private static OptionalDouble part(List<Boolean> holds) {
        return holds.stream().mapToDouble(held -> held ? 1 : 0).average();
    }

    /** The layers with the most noise, the worst first. */
    public List<LayerNoise> worst(int count) {
        return layers.stream().sorted(Comparator.comparingDouble(LayerNoise::decibels)).limit(count).toList();
    }
}
