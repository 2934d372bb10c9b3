package org.fasternet.backend.fused;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.fasternet.compute.Precision;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.internal.abi.HostInfo;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/**
 * A network's weights, packed by the engine, as long as a program uses them: programs of one network, precision and ISA share
 * them.
 */
final class PackedModel {
    private static final ConcurrentMap<Key, PackedModel> IN_USE = new ConcurrentHashMap<>();

    /** All that the packed weights depend on, the ISA by the engine's number. */
    private record Key(Network network, Precision precision, int isa, Ports ports) {
        // Written out, not the record's own: see LoadedClassesTest.
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && network == key.network && precision == key.precision && isa == key.isa && ports.equals(key.ports);
        }

        @Override
        public int hashCode() {
            return Objects.hash(network, precision, isa, ports);
        }
    }

    private final Key key;
    private final Binding binding = Bindings.current();
    /** 0 before it is packed. */
    private long handle;
    /** Names of the network's layers, by the engine's number of the layer. */
    private List<String> names;
    /** Programs that use it or wait for it; changed only while the map holds the key's lock. */
    private int users;

    private PackedModel(Key key) {
        this.key = key;
    }

    /** The model for a program, packed now unless another program uses it already; to be given back by {@link #release}. */
    static PackedModel acquire(ProgramSpec spec) {
        int isa = Bindings.current().selectIsa(spec.isa().orElse(null));
        Key key = new Key(spec.network(), spec.precision(), isa, Ports.of(spec));
        PackedModel model = IN_USE.compute(key, (k, inUse) -> {
            PackedModel used = inUse == null ? new PackedModel(k) : inUse;
            used.users++;
            return used;
        });
        try {
            model.pack(spec.threads());
        } catch (Throwable failure) {
            model.release();
            throw failure;
        }
        return model;
    }

    /**
     * Not under the map's lock, which other networks may share: a file is read here. Programs of this network wait, and if this
     * one fails, the next of them tries.
     */
    private synchronized void pack(int threads) {
        if (handle != 0) {
            return;
        }
        long created = binding.createModel(number(key.precision()), key.isa(), threads);
        try {
            names = key.precision().needsScales()
                    ? new Int8Packer(binding, created, key.ports()).pack(key.network())
                    : new Packer(binding, created, key.ports()).pack(key.network());
        } catch (Throwable failure) {
            binding.destroyModel(created);
            throw failure;
        }
        handle = created;
    }

    /** Frees the weights if no other program uses them. */
    void release() {
        PackedModel inUse = IN_USE.computeIfPresent(key, (k, model) -> {
            users--;
            return users > 0 ? model : null;
        });
        if (inUse == null && handle != 0) {
            binding.destroyModel(handle);
        }
    }

    long handle() {
        return handle;
    }

    int isa() {
        return key.isa();
    }

    long bytes() {
        return binding.packedBytes(handle);
    }

    String layerName(int layer) {
        return names.get(layer);
    }

    /** The engine's number of a precision that it has. */
    static int number(Precision precision) {
        return HostInfo.precisions().indexOf(precision.id());
    }
}
