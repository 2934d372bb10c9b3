package org.fasternet.tensor;

/**
 * The two 16-bit float formats as bits in a {@code short}: IEEE 754 binary16 (f16: 5 exponent bits, 10 fraction bits) and
 * bfloat16 (bf16: the upper half of an f32). Widening is exact, infinities and NaN included; narrowing rounds to nearest, ties
 * to even, and a NaN stays a NaN.
 */
public final class HalfPrecision {
    private static final int F32_INFINITY = 0x7f800000;
    private static final int F16_INFINITY = 0x7c00;
    private static final int F16_QUIET_NAN = 0x7e00;
    /** 2^-14 and 2^16 as f32 bits: the least normal f16, and the least f32 past its exponent range. */
    private static final int LEAST_NORMAL = 0x38800000;
    private static final int OUT_OF_RANGE = 0x47800000;
    /** The exponent biases differ by 127 - 15. */
    private static final int REBIAS = 112 << 23;

    private HalfPrecision() {
    }

    public static float f16ToFloat(short f16) {
        int sign = (f16 & 0x8000) << 16;
        int magnitude = f16 & 0x7fff;
        if (magnitude < 0x0400) {
            float subnormal = magnitude * 0x1p-24f;
            return sign == 0 ? subnormal : -subnormal;
        }
        int bits = magnitude << 13;
        return Float.intBitsToFloat(sign | (magnitude < F16_INFINITY ? bits + REBIAS : bits | F32_INFINITY));
    }

    /** A magnitude of 65520 or more becomes infinite. */
    public static short floatToF16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        return (short) (sign | magnitudeToF16(bits & 0x7fffffff));
    }

    private static int magnitudeToF16(int bits) {
        if (bits >= OUT_OF_RANGE) {
            return bits > F32_INFINITY ? F16_QUIET_NAN : F16_INFINITY;
        }
        if (bits < LEAST_NORMAL) {
            // An f32 in [0.5, 1) has steps of 2^-24, as subnormal f16 has: the addition does the rounding.
            float shifted = Float.intBitsToFloat(bits) + 0.5f;
            return Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(0.5f);
        }
        return roundToEven(bits - REBIAS, 13);
    }

    public static float bf16ToFloat(short bf16) {
        return Float.intBitsToFloat(bf16 << 16);
    }

    /** A magnitude too near 2^128 becomes infinite. */
    public static short floatToBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        // Rounding could carry a NaN's fraction away; the quiet bit keeps it a NaN.
        return (short) (Float.isNaN(value) ? bits >>> 16 | 0x40 : roundToEven(bits, 16));
    }

    /** {@code bits >>> dropped}, rounded; a carry out of the fraction is the next power of two, as it should be. */
    private static int roundToEven(int bits, int dropped) {
        int odd = bits >>> dropped & 1;
        return (bits + (1 << dropped - 1) - 1 + odd) >>> dropped;
    }
}
