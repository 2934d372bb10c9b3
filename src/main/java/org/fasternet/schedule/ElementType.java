package org.fasternet.schedule;

import org.fasternet.Precision;

/** What a buffer's elements are stored as while a program runs. */
public enum ElementType {
    F32(4),
    F16(2),
    BF16(2),
    U8(1);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** How activations and weights are stored for a precision. */
    public static ElementType of(Precision precision) {
        return switch (precision) {
            case F32, TF32 -> F32;
            case F16 -> F16;
            case BF16 -> BF16;
        };
    }
}
