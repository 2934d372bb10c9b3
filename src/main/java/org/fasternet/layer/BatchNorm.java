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

    /** One per channel, as the shifts. */
    public double[] scales() {
        double[] scales = new double[gamma.length];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = gamma[c] / Math.sqrt(variance[c] + EPSILON);
        }
        return scales;
    }

    public double[] shifts() {
        double[] shifts = scales();
        for (int c = 0; c < shifts.length; c++) {
            shifts[c] = beta[c] - mean[c] * shifts[c];
        }
        return shifts;
    }
}
