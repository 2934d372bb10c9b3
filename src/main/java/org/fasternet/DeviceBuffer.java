package org.fasternet;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Objects;
import org.fasternet.backend.Backends;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.abi.Bindings;

/**
 * Memory on the GPU, for sessions and kernels of the back end {@code cudnn}: a pipeline on the GPU then never comes back to the host.
 *
 * <p>Allocated here and freed by {@link #close}, or memory of the application's own, which {@code close} leaves alone.
 * Whoever runs a session on it keeps it open, and sees to it that what wrote it is done: sessions work on streams of
 * their own. Any thread may use it.
 */
public final class DeviceBuffer implements AutoCloseable {
    /** What cuDNN and our kernels load at a time. */
    private static final int ALIGNMENT = 16;

    /** Where copies are made: CUDA knows by an address alone whose memory it is. */
    private final int device;
    private final long address;
    private final long bytes;
    private final boolean owned;
    private boolean closed;

    private DeviceBuffer(int device, long address, long bytes, boolean owned) {
        this.device = device;
        this.address = address;
        this.bytes = bytes;
        this.owned = owned;
    }

    /** On the first GPU, as {@link #allocate(long, int)}. */
    public static DeviceBuffer allocate(long bytes) {
        return allocate(bytes, 0);
    }

    /**
     * On a GPU by its number, as {@link SessionOptions#withDevice}: sessions of that one take it.
     *
     * @throws org.fasternet.error.UnsupportedException if there is no usable GPU of that number; the message says why
     * @throws org.fasternet.error.NativeException if the device has not that much memory left: the message says how much it has
     */
    public static DeviceBuffer allocate(long bytes, int device) {
        if (bytes < 1) {
            throw new ShapeException("a device buffer of " + bytes + " bytes: at least 1 is needed");
        }
        return new DeviceBuffer(device, Backends.gpu().deviceMemory(device).allocate(bytes), bytes, true);
    }

    /**
     * Device memory that the application owns, and keeps for as long as this is used.
     *
     * @param address a device pointer, a multiple of 16
     */
    public static DeviceBuffer wrap(long address, long bytes) {
        if (address == 0 || address % ALIGNMENT != 0) {
            throw new ShapeException("device memory at 0x" + Long.toHexString(address) + ": a multiple of 16 is needed");
        }
        return new DeviceBuffer(0, address, bytes, false);
    }

    public long bytes() {
        return bytes;
    }

    /** The device pointer. */
    public synchronized long address() {
        if (closed) {
            throw new IllegalStateException("this device buffer is closed");
        }
        return address;
    }

    /**
     * Copies a direct buffer of bytes, shorts (16-bit numbers) or floats, from its position to its limit, to the beginning; waits for
     * it.
     *
     * @throws ShapeException if the buffer is of another kind, larger than this one, on the heap or in another byte order
     */
    public void copyFrom(Buffer src) {
        long count = checked(src);
        Backends.gpu().deviceMemory(device).copyFromHost(address(), Bindings.current().address(src), count);
    }

    /**
     * Fills a direct buffer of bytes, shorts (16-bit numbers) or floats, from its position to its limit, from the beginning; waits for
     * it.
     *
     * @throws ShapeException as {@link #copyFrom}, or if the buffer is read-only
     */
    public void copyTo(Buffer dst) {
        long count = checked(dst);
        if (dst.isReadOnly()) {
            throw new ShapeException("a read-only buffer was given, one to write to is needed");
        }
        Backends.gpu().deviceMemory(device).copyToHost(Bindings.current().address(dst), address(), count);
    }

    private long checked(Buffer buffer) {
        Objects.requireNonNull(buffer, "buffer");
        if (!buffer.isDirect()) {
            throw new ShapeException("a heap buffer was given, a direct one is needed");
        }
        long wanted = (long) buffer.remaining() * elementBytes(buffer);
        if (Buffers.order(buffer) != ByteOrder.nativeOrder()) {
            throw new ShapeException("the buffer's byte order is " + Buffers.order(buffer) + ", this machine's is "
                    + ByteOrder.nativeOrder());
        }
        if (wanted > bytes) {
            throw new ShapeException(wanted + " bytes were given, the device buffer has " + bytes);
        }
        return wanted;
    }

    private static int elementBytes(Buffer buffer) {
        if (buffer instanceof FloatBuffer) {
            return Float.BYTES;
        } else if (buffer instanceof ShortBuffer) {
            return Short.BYTES;
        } else if (buffer instanceof ByteBuffer) {
            return Byte.BYTES;
        }
        throw new ShapeException("a " + buffer.getClass().getSimpleName() + " was given, bytes, shorts or floats are needed");
    }

    /** Frees the memory if it was allocated here; does nothing the second time. */
    @Override
    public synchronized void close() {
        if (!closed && owned) {
            Backends.gpu().deviceMemory(device).free(address);
        }
        closed = true;
    }
}
