package org.fasternet.internal.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import org.fasternet.tensor.DType;

/** Tensors as little-endian values in a file: their sizes checked, their values converted in pieces. */
public final class StoredValues {
    /** The longest array that every JVM can allocate. */
    public static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;
    private static final int MAX_RANK = 8;
    private static final int CHUNK = 1 << 16;

    private StoredValues() {
    }

    /**
     * The sizes of a tensor as a file gives them, when they can be those of an array.
     *
     * @param name the tensor's, for the message
     */
    public static int[] shape(String name, long[] sizes) throws MalformedException {
        if (sizes.length > MAX_RANK) {
            throw new MalformedException("tensor " + MalformedException.quote(name) + " has " + sizes.length
                    + " dimensions; at most " + MAX_RANK + " are expected");
        }
        int[] shape = new int[sizes.length];
        long elements = 1;
        for (int i = 0; i < shape.length; i++) {
            // Both factors are below 2^31, so the product cannot overflow.
            if (sizes[i] < 0 || sizes[i] > MAX_ELEMENTS || elements * sizes[i] > MAX_ELEMENTS) {
                throw new MalformedException("tensor " + MalformedException.quote(name) + " has shape " + Arrays.toString(sizes)
                        + "; sizes of 0 or more with a product of at most " + MAX_ELEMENTS + " are expected");
            }
            elements *= sizes[i];
            shape[i] = (int) sizes[i];
        }
        return shape;
    }

    /**
     * Reads {@code count} values.
     *
     * @throws EOFException if {@code in} ends before
     */
    public static float[] read(InputStream in, DType dtype, ByteOrder order, int count) throws IOException {
        float[] values = new float[count];
        read(in, dtype, order, values, count);
        return values;
    }

    /**
     * Reads {@code count} little-endian values to the beginning of {@code dst}, from the byte {@code from} of a file; by any number
     * of threads, the channel's position is not used.
     *
     * @throws EOFException if the file ends before
     */
    public static void read(FileChannel in, long from, DType dtype, float[] dst, int count) throws IOException {
        long end = from + (long) count * dtype.bytes();
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, end - from)).order(ByteOrder.LITTLE_ENDIAN);
        int done = 0;
        for (long at = from; at < end;) {
            chunk.clear().limit((int) Math.min(CHUNK, end - at));
            while (chunk.hasRemaining()) {
                int read = in.read(chunk, at);
                if (read < 0) {
                    throw new EOFException();
                }
                at += read;
            }
            int n = chunk.flip().limit() / dtype.bytes();
            dtype.decode(chunk, dst, done, n);
            done += n;
        }
    }

    /** Reads {@code count} little-endian values to the beginning of {@code dst}; else as the one that returns an array. */
    public static void read(InputStream in, DType dtype, float[] dst, int count) throws IOException {
        read(in, dtype, ByteOrder.LITTLE_ENDIAN, dst, count);
    }

    private static void read(InputStream in, DType dtype, ByteOrder order, float[] dst, int count) throws IOException {
        byte[] bytes = new byte[CHUNK];
        ByteBuffer chunk = ByteBuffer.wrap(bytes).order(order);
        for (int done = 0; done < count;) {
            int n = Math.min(CHUNK / dtype.bytes(), count - done);
            if (in.readNBytes(bytes, 0, n * dtype.bytes()) < n * dtype.bytes()) {
                throw new EOFException();
            }
            dtype.decode(chunk.rewind(), dst, done, n);
            done += n;
        }
    }

    /** Writes the first {@code count} of {@code values}. */
    public static void write(float[] values, int count, DType dtype, OutputStream out) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (int done = 0; done < count;) {
            int n = Math.min(CHUNK / dtype.bytes(), count - done);
            dtype.encode(values, done, n, chunk.clear());
            out.write(chunk.array(), 0, chunk.position());
            done += n;
        }
    }
}
