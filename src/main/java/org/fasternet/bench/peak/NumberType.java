package org.fasternet.bench.peak;

import java.util.Locale;
import org.fasternet.internal.abi.Abi;

/** What is multiplied; sums are f32 or, for int8, 32-bit integers. */
public enum NumberType {
    F32(Abi.FN_MEASURE_F32),
    BF16(Abi.FN_MEASURE_BF16),
    INT8(Abi.FN_MEASURE_INT8);

    final int code;

    NumberType(int code) {
        this.code = code;
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
