package org.fasternet;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.fasternet.backend.Backends;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.abi.Bindings;

/**
 * Memory on the GPU, for sessions of the back end {@code cudnn}: a pipeline on the GPU then never comes back to the host.
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

    /** Copies a direct buffer of f32 in native order, from its position to its limit, to the beginning; waits for it. */
    public void copyFrom(FloatBuffer src) {
        Backends.gpu().deviceMemory(device).copyFromHost(address(), Bindings.current().address(direct(src)), checked(src));
    }

    /** Fills a direct buffer of f32 in native order, from its position to its limit, from the beginning; waits for it. */
    public void copyTo(FloatBuffer dst) {
        Backends.gpu().deviceMemory(device).copyToHost(Bindings.current().address(direct(dst)), address(), checked(dst));
    }

    private static FloatBuffer direct(FloatBuffer buffer) {
        Objects.requireNonNull(buffer, "buffer");
        if (!buffer.isDirect()) {
            throw new ShapeException("a heap buffer was given, a direct one is needed");
        }
        return buffer;
    }

    private long checked(FloatBuffer buffer) {
        long wanted = (long) buffer.remaining() * Float.BYTES;
        if (wanted > bytes) {
            throw new ShapeException(wanted + " bytes were given, the device buffer has " + bytes);
        }
        return wanted;
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
