package org.fasternet.backend.cudnn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What tests say to the fake of CUDA in {@code cpp/test/fake_cuda}, and what it counted: the fields of its {@code Control}. */
final class FakeCuda {
    /** CUDA's errors: the second one is there for good. */
    static final int OUT_OF_MEMORY = 2;
    static final int LAUNCH_FAILURE = 719;

    private static final MappedByteBuffer CONTROL = map();
    private static final LongBuffer FIELDS = CONTROL.asLongBuffer();
    private static final int FAILED = 19 * Long.BYTES;

    enum Field {
        CALLS, FAIL_AT, FAIL_STATUS, STICKY, DEVICE_BYTES, PINNED_BYTES, OBJECTS, DEVICE_LIMIT, DEVICES, CAPABILITY, DRIVER, GRAPHS,
        LAUNCHES, KERNELS, COMPILATIONS, PLANS, SLOW_ENGINE, CUDNN, EARLY;

        long get() {
            return FIELDS.get(ordinal());
        }

        void set(long value) {
            FIELDS.put(ordinal(), value);
        }
    }

    private FakeCuda() {}

    private static MappedByteBuffer map() {
        // Called once, it has made the file.
        Cuda.unavailable();
        Path file = Path.of(System.getenv("FAKE_CUDA") + "." + ProcessHandle.current().pid());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
            mapped.order(ByteOrder.nativeOrder());
            return mapped;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The {@code call}th call from now on fails. */
    static void failAt(long call, int status) {
        Field.FAIL_STATUS.set(status);
        Field.FAIL_AT.set(Field.CALLS.get() + call);
    }

    /** The function that failed. */
    static String failed() {
        byte[] name = new byte[CONTROL.capacity() - FAILED];
        CONTROL.get(FAILED, name);
        return new String(name, StandardCharsets.US_ASCII).replace("\0", "");
    }

    /** No call fails any more, and none has. */
    static void heal() {
        Field.FAIL_AT.set(0);
        Field.STICKY.set(0);
    }
}
