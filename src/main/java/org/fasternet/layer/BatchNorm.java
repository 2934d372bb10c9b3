package org.fasternet.layer;

/**
 * Batch normalisation at inference, {@code y = gamma * (x - mean) / sqrt(variance + epsilon) + beta} per channel (Ioffe and
 * Szegedy, 2015), as {@code y = scale * x + shift}. Epsilon is 1e-5, PyTorch's default, which the published models keep. The
 * arrays, one value per channel each, are not copied. NaN stays NaN; a negative variance is for the caller to refuse.
 *
 * @param gamma learned scales
 * @param beta learned shifts
 * @param mean running means
 * @param variance running variances, not negative
 */
public record BatchNorm(float[] gamma, float[] beta, float[] mean, float[] variance) {
    private static final double EPSILON = 1e-5;

    public double scale(int channel) {
        return gamma[channel] / Math.sqrt(variance[channel] + EPSILON);
    }

    public double shift(int channel) {
        return beta[channel] - mean[channel] * scale(channel);
    }
}
