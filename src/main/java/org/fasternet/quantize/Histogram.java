package org.fasternet.quantize;

/** How often values occur, over a symmetric range that doubles when it is exceeded, so that one pass over the data will do. */
final class Histogram {
    private static final int BINS = 8192;

    private final long[] counts = new long[BINS];
    /** Bins lie from -range to range; 0 before the first value other than 0. */
    private double range;
    private double min;
    private double max;

    void add(float[] values, int count) {
        float least = 0;
        float most = 0;
        for (int i = 0; i < count; i++) {
            least = Math.min(least, values[i]);
            most = Math.max(most, values[i]);
        }
        min = Math.min(min, least);
        max = Math.max(max, most);
        cover(Math.max(-least, most));
        if (range == 0) {
            counts[BINS / 2] += count;
            return;
        }
        float inverse = (float) (BINS / 2 / range);
        for (int i = 0; i < count; i++) {
            int bin = (int) (values[i] * inverse + BINS / 2);
            counts[Math.min(bin, BINS - 1)]++;
        }
    }

    private void cover(double magnitude) {
        if (range == 0 && magnitude > 0) {
            range = magnitude * 1.0001;
        }
        while (magnitude > range && range > 0) {
            long[] wider = new long[BINS];
            for (int i = 0; i < BINS; i++) {
                wider[BINS / 4 + i / 2] += counts[i];
            }
            System.arraycopy(wider, 0, counts, 0, BINS);
            range *= 2;
        }
    }

    /** The least value, or 0. */
    double min() {
        return min;
    }

    /** The greatest value, or 0. */
    double max() {
        return max;
    }

    int bins() {
        return BINS;
    }

    long count(int bin) {
        return counts[bin];
    }

    /** The value in the middle of a bin. */
    double value(int bin) {
        return (bin + 0.5 - BINS / 2) * range / (BINS / 2);
    }
}
