package org.fasternet.image;

import java.util.Collections;
import java.util.List;
import org.fasternet.error.ShapeException;

/**
 * What happens to an image before it is the network's input: resize so that the shorter side is
 * {@code floor(size / cropFraction)}, crop the centre, scale 0..255 to 0..1, subtract {@code mean} and divide by {@code std},
 * each per channel.
 *
 * @param height rows of the network's input
 * @param width columns of the network's input
 * @param mean per input channel, on the scale 0..1
 * @param std per input channel, on the scale 0..1
 * @param cropFraction the part of the resized image's side that the crop keeps, in (0, 1]
 * @param interpolation the resampling filter, with antialiasing
 */
public record Preprocessing(
        int height, int width, List<Double> mean, List<Double> std, double cropFraction, Interpolation interpolation) {

    /** The resampling filters, as PIL defines them. */
    public enum Interpolation {
        BILINEAR,
        /** Cubic convolution with a = -0.5 (Keys, 1981), PIL's choice. */
        BICUBIC
    }

    public Preprocessing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (height < 1 || width < 1) {
            throw new ShapeException("an input size of " + height + "x" + width + ": at least 1x1 is needed");
        }
        if (mean.size() != std.size() || mean.isEmpty()) {
            throw new ShapeException(
                    "mean has " + mean.size() + " values, std " + std.size() + ": one per channel is needed in both");
        }
        if (!(cropFraction > 0 && cropFraction <= 1)) {
            throw new ShapeException("a crop fraction of " + cropFraction + ": it lies above 0 and at most at 1");
        }
        if (!std.stream().allMatch(s -> s > 0)) {
            throw new ShapeException("std " + std + " has a value that is not positive");
        }
    }

    /** The same for an input of another size. */
    public Preprocessing withSize(int otherHeight, int otherWidth) {
        return new Preprocessing(otherHeight, otherWidth, mean, std, cropFraction, interpolation);
    }

    /**
     * The published ImageNet evaluation for RGB: bicubic, crop 0.9 (248 to 224), the usual mean and deviation; both are 0.5 for
     * other channel counts.
     */
    public static Preprocessing imagenet(int channels) {
        boolean rgb = channels == 3;
        return new Preprocessing(
                224,
                224,
                rgb ? List.of(0.485, 0.456, 0.406) : Collections.nCopies(channels, 0.5),
                rgb ? List.of(0.229, 0.224, 0.225) : Collections.nCopies(channels, 0.5),
                0.9,
                Interpolation.BICUBIC);
    }
}
