package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/**
 * A network's weights on a device, as long as a program uses them: programs of one network, precision and device share them, whatever
 * their batch and size, on which no weight depends. Any thread may use it.
 */
final class SharedWeights {
    private static final ConcurrentMap<Key, SharedWeights> IN_USE = new ConcurrentHashMap<>();

    /** What the order of weights depends on, besides their own use. */
    private record Key(Network network, ElementType type, boolean inPlace, int device) {
        static Key of(ProgramSpec spec) {
            return new Key(spec.network(), spec.computeType(), spec.inPlace(), spec.device());
        }
    }

    /** Values, the first {@code count} of an array. */
    record Values(float[] array, int count, ElementType type) {}

    private final Key key;
    private final Resources resources;
    private final Map<String, Pointer> uploaded = new HashMap<>();
    private long bytes;
    /** Programs that use it; changed only while the map holds the key's lock. */
    private int users;

    private SharedWeights(Key key, Resources resources) {
        this.key = key;
        this.resources = resources;
    }

    /** A program's own, which {@code owner} frees. */
    static SharedWeights unshared(ProgramSpec spec, Resources owner) {
        return new SharedWeights(Key.of(spec), owner);
    }

    /** To be given back by {@link #release}. */
    static SharedWeights acquire(ProgramSpec spec) {
        return IN_USE.compute(Key.of(spec), (key, inUse) -> {
            SharedWeights used = inUse == null ? new SharedWeights(key, new Resources()) : inUse;
            used.users++;
            return used;
        });
    }

    /** Frees the device's memory if no other program uses it. To be called on a thread that uses the device. */
    void release() {
        SharedWeights inUse = IN_USE.computeIfPresent(key, (k, weights) -> {
            users--;
            return users > 0 ? weights : null;
        });
        if (inUse == null) {
            resources.close();
        }
    }

    /** Bytes of all that was uploaded. */
    synchronized long bytes() {
        return bytes;
    }

    /**
     * Where weights are, which are uploaded if they are not there yet.
     *
     * @param use what they are and how they are ordered, different for all that differ
     * @param label the step that needs them, for messages
     */
    synchronized Pointer upload(String use, String label, Supplier<Values> values) {
        Pointer there = uploaded.get(use);
        if (there == null) {
            there = upload(label, values.get());
            uploaded.put(use, there);
        }
        return there;
    }

    private Pointer upload(String label, Values values) {
        long size = (long) values.count * values.type.bytes();
        Pointer device = Cuda.allocate(resources, size, "the weights of " + label);
        try (Resources temporary = new Resources()) {
            Pointer host = NativeMemory.allocate(temporary, size);
            ByteBuffer elements = host.capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
            values.type.dtype().orElseThrow().encode(values.array, 0, values.count, elements);
            Cuda.check(cudaMemcpy(device, host, size, cudaMemcpyHostToDevice), "copy the weights of " + label);
        }
        bytes += size;
        return device;
    }
}
