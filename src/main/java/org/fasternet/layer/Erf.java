package org.fasternet.layer;

/** The error function, by operations that round alike everywhere. */
final class Erf {
    /** Where one expansion takes over from the other. */
    private static final double SPLIT = 2.5;
    private static final double EPSILON = 0x1p-54;

    private Erf() {}

    /** Within some 1e-15 of erf(x). */
    static double of(double x) {
        double magnitude = Math.abs(x);
        double value = magnitude < SPLIT ? series(magnitude) : 1 - complement(magnitude);
        return Math.copySign(value, x);
    }

    /** Abramowitz and Stegun, 7.1.6: all terms are positive. */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; term > EPSILON * sum; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
    }

    /** 1 - erf(x) by Abramowitz and Stegun's continued fraction 7.1.14, from the inside. */
    private static double complement(double x) {
        if (x > 6) {
            return 0;
        }
        double fraction = x;
        for (int n = 60; n >= 1; n--) {
            fraction = x + n / 2.0 / fraction;
        }
        return StrictMath.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
    }
}
