package org.fasternet.compute;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Optional;
import org.fasternet.tensor.DType;

/** What a tensor's elements are stored as while a program runs, on the host and on a device. */
public enum ElementType {
    F32(Float.BYTES, FloatBuffer.class, DType.F32),
    /** Bit patterns, as Java has no type for them. */
    F16(Short.BYTES, ShortBuffer.class, DType.F16),
    /** Bit patterns, as Java has no type for them. */
    BF16(Short.BYTES, ShortBuffer.class, DType.BF16),
    U8(Byte.BYTES, ByteBuffer.class, null),
    /** Weights alone. */
    S8(Byte.BYTES, ByteBuffer.class, null),
    /** Zero points and sums. */
    S32(Integer.BYTES, IntBuffer.class, null);

    private final int bytes;
    private final Class<? extends Buffer> buffer;
    private final DType dtype;

    ElementType(int bytes, Class<? extends Buffer> buffer, DType dtype) {
        this.bytes = bytes;
        this.buffer = buffer;
        this.dtype = dtype;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The kind of buffer that such elements are handed over in. */
    public Class<? extends Buffer> buffer() {
        return buffer;
    }

    /** Memory from its position to its limit as a {@link #buffer} of such elements, in its byte order. */
    public Buffer view(ByteBuffer memory) {
        return switch (this) {
            case F32 -> memory.asFloatBuffer();
            case F16, BF16 -> memory.asShortBuffer();
            case U8, S8 -> memory;
            case S32 -> memory.asIntBuffer();
        };
    }

    /** How floats are rounded to such elements and widened again; empty for what is no float. */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }
}
