package org.fasternet.quantize;

/** What a tensor's values were in calibration: all together, and of each channel. */
final class Observed {
    private final Histogram histogram = new Histogram();
    private final double[] sums;
    private final double[] squares;
    private final float[] least;
    private final float[] most;
    private long pixels;

    Observed(int channels) {
        sums = new double[channels];
        squares = new double[channels];
        least = new float[channels];
        most = new float[channels];
    }

    /** @param values pixel by pixel, channels last */
    void add(float[] values, int count) {
        histogram.add(values, count);
        int channels = sums.length;
        for (int i = 0; i < count; i += channels) {
            for (int c = 0; c < channels; c++) {
                float value = values[i + c];
                sums[c] += value;
                squares[c] += (double) value * value;
                least[c] = Math.min(least[c], value);
                most[c] = Math.max(most[c], value);
            }
        }
        pixels += count / channels;
    }

    Histogram histogram() {
        return histogram;
    }

    boolean isFinite() {
        for (double square : squares) {
            if (!Double.isFinite(square)) {
                return false;
            }
        }
        return true;
    }

    double mean(int channel) {
        return sums[channel] / pixels;
    }

    double rootMeanSquare(int channel) {
        return Math.sqrt(squares[channel] / pixels);
    }

    /** The range of a channel's values, with 0. */
    Range range(int channel) {
        return new Range(least[channel], most[channel]);
    }
}
