package org.fasternet.image;

import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing.Interpolation;

/**
 * Along one axis: which source pixels, with which weights, each of a range of destination pixels is the sum of.
 *
 * <p>The filter is stretched by the scale when it shrinks (antialiasing), centred on the destination pixel's centre, cut at the
 * image's border and normalised to sum 1, as PIL does.
 *
 * @param first per destination pixel the first source pixel
 * @param count per destination pixel how many source pixels
 * @param stride from one destination pixel's weights to the next one's
 * @param weights fixed point, {@link #PRECISION} fraction bits
 */
record ResamplingTaps(int[] first, int[] count, int stride, int[] weights) {
    /** PIL's: 32 bits less 8 of the pixel and 2 for sums of weights whose magnitudes exceed 1. */
    static final int PRECISION = 32 - 8 - 2;

    /**
     * @param src source size
     * @param dst size the source is scaled to
     * @param begin the first destination pixel that is wanted
     * @param length how many are wanted
     * @throws ShapeException if this takes more than 2^31 - 1 weights
     */
    static ResamplingTaps of(int src, int dst, int begin, int length, Interpolation interpolation) {
        double scale = (double) src / dst;
        double stretch = Math.max(scale, 1);
        double support = support(interpolation) * stretch;
        int stride = (int) Math.min(src, 2 * Math.ceil(support) + 1);
        if ((long) length * stride > Integer.MAX_VALUE) {
            throw new ShapeException("resampling " + src + " pixels to " + dst + " takes more than 2^31 - 1 weights");
        }
        int[] weights = new int[length * stride];
        int[] first = new int[length];
        int[] count = new int[length];
        double[] exact = new double[stride];
        for (int i = 0; i < length; i++) {
            double center = (begin + i + 0.5) * scale;
            first[i] = Math.max(0, (int) (center - support + 0.5));
            count[i] = Math.min(src, (int) (center + support + 0.5)) - first[i];
            double sum = 0;
            for (int k = 0; k < count[i]; k++) {
                exact[k] = filter(interpolation, (first[i] + k - center + 0.5) * (1 / stretch));
                sum += exact[k];
            }
            for (int k = 0; k < count[i]; k++) {
                double weight = exact[k] / sum * (1 << PRECISION);
                weights[i * stride + k] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        return new ResamplingTaps(first, count, stride, weights);
    }

    int length() {
        return first.length;
    }

    /** One past the last source pixel that is used; the first is {@code first[0]}. */
    int end() {
        return first[length() - 1] + count[length() - 1];
    }

    /** How far the filter reaches to either side. */
    private static double support(Interpolation interpolation) {
        return switch (interpolation) {
            case BILINEAR -> 1;
            case BICUBIC -> 2;
        };
    }

    private static double filter(Interpolation interpolation, double distance) {
        double x = Math.abs(distance);
        return switch (interpolation) {
            case BILINEAR -> x < 1 ? 1 - x : 0;
            case BICUBIC -> cubic(x);
        };
    }

    /** Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 4 with a = -0.5. */
    private static double cubic(double x) {
        final double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
