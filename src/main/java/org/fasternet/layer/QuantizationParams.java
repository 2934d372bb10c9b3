package org.fasternet.layer;

import org.fasternet.error.ShapeException;

/**
 * What 8 bits without a sign stand for: {@code (q - zeroPoint) * scale}.
 *
 * @param scale of one step, positive and finite
 * @param zeroPoint what 0 is stored as, 0 to 255
 */
public record QuantizationParams(float scale, int zeroPoint) {
    public static final int MAX = 255;

    public QuantizationParams {
        if (!(scale > 0 && scale <= Float.MAX_VALUE)) {
            throw new ShapeException("a scale of " + scale + ": a positive finite one is expected");
        }
        if (zeroPoint < 0 || zeroPoint > MAX) {
            throw new ShapeException("a zero point of " + zeroPoint + ": 0 to " + MAX + " is expected");
        }
    }

    /** The nearest that can be stored, ties to even; 255 for a NaN. */
    public int quantize(double value) {
        double rounded = Math.rint(value / scale) + zeroPoint;
        return rounded <= MAX ? (int) Math.max(rounded, 0) : MAX;
    }

    public double dequantize(int stored) {
        return (double) scale * (stored - zeroPoint);
    }
}
