package org.fasternet.checkpoint;

/** What there is to know of the first values of an array, in loops so plain that they are fast before they are compiled well. */
final class Magnitudes {
    private static final int SIGN = 0x8000_0000;

    private Magnitudes() {}

    /** The largest; NaN or infinite if any value is. Magnitudes are ordered as their bit patterns are. */
    static float largest(float[] values, int count) {
        int largest = 0;
        for (int i = 0; i < count; i++) {
            int magnitude = Float.floatToRawIntBits(values[i]) & ~SIGN;
            // Not Math.max, with which the compiled loop took twice as long.
            if (magnitude > largest) {
                largest = magnitude;
            }
        }
        return Float.intBitsToFloat(largest);
    }

    static float largestFinite(float[] values, int count) {
        float largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Float.isFinite(values[i]) ? Math.max(largest, Math.abs(values[i])) : largest;
        }
        return largest;
    }

    static int nonFinite(float[] values, int count) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found += Float.isFinite(values[i]) ? 0 : 1;
        }
        return found;
    }
}
