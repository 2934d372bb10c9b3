package org.fasternet.quantize;

import java.util.function.IntToDoubleFunction;
import org.fasternet.layer.MatrixScales;
import org.fasternet.tensor.Tensor;

/** A matrix's weights as whole numbers times a scale for each output channel: its rows. */
final class WeightRounding {
    private static final int CANDIDATES = 40;
    /** Of the largest weight: no smaller range was ever better on trained or random weights. */
    private static final double LEAST_RANGE = 0.6;

    private final Tensor weights;
    private final float[] values;
    private final int rows;
    private final int row;
    private final double[] scales;

    WeightRounding(Tensor weights) {
        this.weights = weights;
        values = weights.data();
        rows = weights.dim(0);
        row = values.length / rows;
        scales = new double[rows];
        for (int o = 0; o < rows; o++) {
            scales[o] = best(o);
        }
    }

    /** The scale of the least mean square error, of rounding and of cutting off; 0 for zeros. */
    private double best(int o) {
        double largest = 0;
        for (int i = o * row; i < (o + 1) * row; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        double best = largest / MatrixScales.MAX_WEIGHT;
        double least = largest > 0 ? error(o, best) : 0;
        for (int i = 1; i < CANDIDATES && least > 0; i++) {
            double scale = largest * (1 - (1 - LEAST_RANGE) * i / CANDIDATES) / MatrixScales.MAX_WEIGHT;
            double error = error(o, scale);
            if (error < least) {
                least = error;
                best = scale;
            }
        }
        return best;
    }

    private double error(int o, double scale) {
        double error = 0;
        for (int i = o * row; i < (o + 1) * row; i++) {
            double difference = values[i] - scale * whole(values[i], scale);
            error += difference * difference;
        }
        return error;
    }

    private static double whole(float value, double scale) {
        return Math.max(-MatrixScales.MAX_WEIGHT, Math.min(Math.rint(value / scale), MatrixScales.MAX_WEIGHT));
    }

    double scale(int o) {
        return scales[o];
    }

    double largest() {
        double largest = 0;
        for (double scale : scales) {
            largest = Math.max(largest, scale);
        }
        return largest;
    }

    /** What is left of the weights. */
    Tensor rounded(float[] chosen) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < rounded.length; i++) {
            // Never -0, which a whole number has not.
            rounded[i] = (float) whole(values[i], chosen[i / row]) * chosen[i / row] + 0f;
        }
        return new Tensor(weights.shape(), rounded);
    }

    /**
     * What the rounding takes away from each output on average.
     *
     * @param means of the inputs, by channel: dimension 1 of the weights
     */
    float[] correction(float[] chosen, IntToDoubleFunction means) {
        int channels = weights.dim(1);
        int taps = row / channels;
        float[] correction = new float[rows];
        for (int o = 0; o < rows; o++) {
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                double lost = 0;
                for (int i = o * row + c * taps; i < o * row + (c + 1) * taps; i++) {
                    lost += values[i] - whole(values[i], chosen[o]) * chosen[o];
                }
                sum += lost * means.applyAsDouble(c);
            }
            correction[o] = (float) sum;
        }
        return correction;
    }
}
