package org.fasternet.compute;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Optional;
import java.util.function.Function;
import org.fasternet.tensor.DType;

/** What a tensor's elements are stored as while a program runs, on the host and on a device. */
public enum ElementType {
    F32(Float.BYTES, FloatBuffer.class, ByteBuffer::asFloatBuffer, DType.F32),
    /** Bit patterns, as Java has no type for them. */
    F16(Short.BYTES, ShortBuffer.class, ByteBuffer::asShortBuffer, DType.F16),
    /** Bit patterns, as Java has no type for them. */
    BF16(Short.BYTES, ShortBuffer.class, ByteBuffer::asShortBuffer, DType.BF16),
    U8(Byte.BYTES, ByteBuffer.class, bytes -> bytes, null),
    /** Weights alone. */
    S8(Byte.BYTES, ByteBuffer.class, bytes -> bytes, null),
    /** Zero points and sums. */
    S32(Integer.BYTES, IntBuffer.class, ByteBuffer::asIntBuffer, null);

    private final int bytes;
    private final Class<? extends Buffer> buffer;
    private final Function<ByteBuffer, Buffer> view;
    private final DType dtype;

    ElementType(int bytes, Class<? extends Buffer> buffer, Function<ByteBuffer, Buffer> view, DType dtype) {
        this.bytes = bytes;
        this.buffer = buffer;
        this.view = view;
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
        return view.apply(memory);
    }

    /** How floats are rounded to such elements and widened again; empty for what is no float. */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }
}
