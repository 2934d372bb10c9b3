package org.fasternet.tensor;

import java.nio.ByteBuffer;
import java.util.List;

/** How a float value is stored in a file; the names are those of the safetensors format. In memory every value is an f32. */
public enum DType {
    F64(8, Float.POSITIVE_INFINITY),
    F32(4, Float.MAX_VALUE),
    F16(2, Math.nextDown(65520f)),
    BF16(2, Math.nextDown(0x1.ffp127f)),
    /** Whole numbers from -128 to 127, each times a scale that the file has elsewhere. */
    I8(1, 127);

    private final int bytes;
    private final float largest;

    DType(int bytes, float largest) {
        this.bytes = bytes;
        this.largest = largest;
    }

    /** Those whose values need no scale. */
    public static List<DType> floating() {
        return List.of(F64, F32, F16, BF16);
    }

    /** Bytes per value. */
    public int bytes() {
        return bytes;
    }

    /** Whether a finite value becomes infinite when stored. */
    public boolean overflows(float value) {
        return Math.abs(value) > largest && !Float.isInfinite(value);
    }

    /**
     * The next {@code count} values of {@code src}, exactly, but F64 rounded to nearest even (beyond f32 to infinity); {@code src}
     * moves on and its byte order applies.
     */
    public void decode(ByteBuffer src, float[] dst, int from, int count) {
        switch (this) {
            case F64 -> {
                for (int i = from; i < from + count; i++) {
                    dst[i] = (float) src.getDouble();
                }
            }
            case F32 -> {
                src.asFloatBuffer().get(dst, from, count);
                src.position(src.position() + count * bytes);
            }
            case F16 -> {
                for (int i = from; i < from + count; i++) {
                    dst[i] = HalfPrecision.f16ToFloat(src.getShort());
                }
            }
            case BF16 -> {
                for (int i = from; i < from + count; i++) {
                    dst[i] = HalfPrecision.bf16ToFloat(src.getShort());
                }
            }
            case I8 -> {
                for (int i = from; i < from + count; i++) {
                    dst[i] = src.get();
                }
            }
        }
    }

    /** Appends {@code count} values to {@code dst}, rounded to nearest even; the byte order of {@code dst} applies. */
    public void encode(float[] src, int from, int count, ByteBuffer dst) {
        switch (this) {
            case F64 -> {
                for (int i = from; i < from + count; i++) {
                    dst.putDouble(src[i]);
                }
            }
            case F32 -> {
                dst.asFloatBuffer().put(src, from, count);
                dst.position(dst.position() + count * bytes);
            }
            case F16 -> {
                for (int i = from; i < from + count; i++) {
                    dst.putShort(HalfPrecision.floatToF16(src[i]));
                }
            }
            case BF16 -> {
                for (int i = from; i < from + count; i++) {
                    dst.putShort(HalfPrecision.floatToBf16(src[i]));
                }
            }
            case I8 -> {
                for (int i = from; i < from + count; i++) {
                    dst.put((byte) Math.rint(src[i]));
                }
            }
        }
    }
}
