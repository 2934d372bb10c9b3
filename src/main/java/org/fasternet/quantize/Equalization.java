package org.fasternet.quantize;

import org.fasternet.layer.Block;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Tensor;

/**
 * Factors for the channels that a block convolves: the convolution's result lies beside the other channels and has their scale, so
 * each of its channels is multiplied by what makes it fit, and the weights that read it are divided by it (cross-layer equalization:
 * Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019). In f32 the block stays the same.
 */
final class Equalization {
    private Equalization() {}

    /**
     * Of each convolved channel. Rounding the channel is the less of an error the larger the factor, rounding the weights that read it
     * the more; where both are equal, the square of the factor is
     * {@code (rms of these weights * step of the channel) / (step of the weights * rms of the channel)}.
     *
     * @param convolved what the convolution makes
     * @param x what it is stored as
     */
    static float[] factors(Block block, Observed convolved, QuantizationParams x) {
        int partial = block.partial().partialChannels();
        int channels = block.channels();
        float[] conv = block.partial().weights().data();
        float[] expand = block.expand().data();
        int hidden = block.hiddenChannels();
        double step = 0;
        double[] squares = new double[channels];
        for (int o = 0; o < hidden; o++) {
            double largest = 0;
            for (int c = 0; c < channels; c++) {
                double weight = expand[o * channels + c];
                largest = Math.max(largest, Math.abs(weight));
                squares[c] += weight * weight;
            }
            step += largest / MatrixScales.MAX_WEIGHT / hidden;
        }
        float[] factors = new float[partial];
        for (int c = 0; c < partial; c++) {
            double readers = Math.sqrt(squares[c] / hidden);
            double rms = convolved.rootMeanSquare(c);
            double balanced = readers > 0 && rms > 0 && step > 0 ? Math.sqrt(readers * x.scale() / (step * rms)) : 1;
            factors[c] = (float) Math.min(balanced, Math.min(fitting(convolved.range(c), x), storable(conv, c, partial)));
        }
        return factors;
    }

    /** The largest for which nothing of a channel is cut off. */
    private static double fitting(Range range, QuantizationParams x) {
        double high = range.high() > 0 ? x.dequantize(QuantizationParams.MAX) / range.high() : Double.POSITIVE_INFINITY;
        double low = range.low() < 0 ? x.dequantize(0) / range.low() : Double.POSITIVE_INFINITY;
        double fitting = Math.min(high, low);
        // A side that cannot be stored at all is cut off whatever the factor.
        return fitting > 0 && fitting < Double.POSITIVE_INFINITY ? fitting : 1;
    }

    /** The largest for which a step of the convolution's sum is at most half a step of its result. */
    private static double storable(float[] conv, int channel, int partial) {
        double largest = 0;
        for (int i = channel * partial * 9; i < (channel + 1) * partial * 9; i++) {
            largest = Math.max(largest, Math.abs(conv[i]));
        }
        return largest > 0 ? MatrixScales.MAX_WEIGHT / 2 / largest : 1;
    }

    /** The convolution's weights times the factors. */
    static Tensor conv(Block block, float[] factors) {
        Tensor weights = block.partial().weights();
        float[] values = weights.data().clone();
        int row = values.length / factors.length;
        for (int i = 0; i < values.length; i++) {
            values[i] *= factors[i / row];
        }
        return new Tensor(weights.shape(), values);
    }

    /** The expansion's weights divided by the factors of what they read. */
    static Tensor expand(Block block, float[] factors) {
        float[] values = block.expand().data().clone();
        int channels = block.channels();
        for (int i = 0; i < values.length; i++) {
            if (i % channels < factors.length) {
                values[i] /= factors[i % channels];
            }
        }
        return new Tensor(block.expand().shape(), values);
    }
}
