package org.fasternet.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfPrecisionTest {
    private static final int BITS = 1 << Short.SIZE;

    /** A value from its fields, as IEEE 754 defines it. */
    private static float defined(int bits, int exponentBits, int fractionBits) {
        int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
        int fraction = bits & (1 << fractionBits) - 1;
        int bias = (1 << exponentBits - 1) - 1;
        double magnitude;
        if (exponent == (1 << exponentBits) - 1) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else if (exponent == 0) {
            magnitude = Math.scalb((double) fraction, 1 - bias - fractionBits);
        } else {
            magnitude = Math.scalb((double) (fraction + (1 << fractionBits)), exponent - bias - fractionBits);
        }
        return (float) (bits >> Short.SIZE - 1 == 0 ? magnitude : -magnitude);
    }

    @Test
    void everyF16IsWidenedExactly() {
        for (int bits = 0; bits < BITS; bits++) {
            assertEquals(defined(bits, 5, 10), HalfPrecision.f16ToFloat((short) bits), Integer.toHexString(bits));
        }
    }

    @Test
    void everyBf16IsWidenedExactly() {
        for (int bits = 0; bits < BITS; bits++) {
            assertEquals(defined(bits, 8, 7), HalfPrecision.bf16ToFloat((short) bits), Integer.toHexString(bits));
        }
    }

    @Test
    void narrowingToF16RoundsToNearestEven() {
        assertRoundsToNearestEven(HalfPrecision::f16ToFloat, HalfPrecision::floatToF16, 0x7c00);
    }

    @Test
    void narrowingToBf16RoundsToNearestEven() {
        assertRoundsToNearestEven(HalfPrecision::bf16ToFloat, HalfPrecision::floatToBf16, 0x7f80);
    }

    /** Walks every pair of neighbours: both ends, the midpoint, and the floats on either side of it, of both signs. */
    private static void assertRoundsToNearestEven(Function<Short, Float> widen, Function<Float, Short> narrow, int infinity) {
        for (int bits = 0; bits < infinity - 1; bits++) {
            float low = widen.apply((short) bits);
            float middle = (float) (((double) low + widen.apply((short) (bits + 1))) / 2);
            for (int sign = 0; sign < BITS; sign += BITS / 2) {
                float s = sign == 0 ? 1 : -1;
                String where = Integer.toHexString(bits | sign);
                assertEquals((short) (bits | sign), narrow.apply(s * low), where);
                assertEquals((short) (bits | sign), narrow.apply(s * Math.nextDown(middle)), where + " below the middle");
                assertEquals((short) (bits + (bits & 1) | sign), narrow.apply(s * middle), where + " in the middle");
                assertEquals((short) (bits + 1 | sign), narrow.apply(s * Math.nextUp(middle)), where + " above the middle");
            }
        }
        assertEquals((short) infinity, narrow.apply(Float.POSITIVE_INFINITY));
        assertEquals((short) infinity, narrow.apply(Float.MAX_VALUE));
        for (int bits : new int[] {0x7f800001, 0x7fc00000, 0x7fffffff, 0xff800001}) {
            assertTrue(Float.isNaN(widen.apply(narrow.apply(Float.intBitsToFloat(bits)))), Integer.toHexString(bits));
        }
    }

    @ParameterizedTest
    @CsvSource({"F16, 65504", "F16, 65519.996", "BF16, 3.3895e38", "F32, 3.4028235e38"})
    void aDtypeHoldsWhatItRoundsToAFiniteValue(DType dtype, float value) {
        assertFalse(dtype.overflows(value));
        assertFalse(dtype.overflows(-value));
    }

    @ParameterizedTest
    @CsvSource({"F16, 65520", "BF16, 3.4e38"})
    void aDtypeOverflowsWhereItWouldRoundToInfinity(DType dtype, float value) {
        assertTrue(dtype.overflows(value));
        assertTrue(dtype.overflows(-value));
        assertFalse(dtype.overflows(Float.NEGATIVE_INFINITY), "infinity is kept, it does not overflow");
    }
}
