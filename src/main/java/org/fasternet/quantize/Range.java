package org.fasternet.quantize;

/** What is stored of a tensor's values; what lies beyond is stored as the end. Holds 0. */
record Range(double low, double high) {
    Range {
        low = Math.min(low, 0);
        high = Math.max(high, 0);
    }

    double width() {
        return high - low;
    }
}
