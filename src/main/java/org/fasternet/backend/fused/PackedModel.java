package org.fasternet.backend.fused;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.fasternet.Precision;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/**
 * A network's weights, packed by the engine, as long as a program uses them: programs of one network, precision and ISA share
 * them.
 */
final class PackedModel {
    private static final ConcurrentMap<Key, PackedModel> IN_USE = new ConcurrentHashMap<>();

    /** All that the packed weights depend on, the ISA by the engine's number. */
    private record Key(Network network, Precision precision, int isa, Ports ports) {}

    private final Key key;
    private final Binding binding = Bindings.current();
    private final long handle;
    /** Names of the network's layers, by the engine's number of the layer. */
    private final List<String> names;
    private int users;

    private PackedModel(Key key) {
        this.key = key;
        handle = binding.createModel(number(key.precision()), key.isa());
        try {
            names = new Packer(binding, handle, key.ports()).pack(key.network());
        } catch (Throwable failure) {
            binding.destroyModel(handle);
            throw failure;
        }
    }

    /** The model for a program, packed now unless another program uses it already; to be given back by {@link #release}. */
    static PackedModel acquire(ProgramSpec spec) {
        int isa = Bindings.current().selectIsa(spec.isa().orElse(null));
        return IN_USE.compute(new Key(spec.network(), spec.precision(), isa, Ports.of(spec)), (key, model) -> {
            PackedModel used = model == null ? new PackedModel(key) : model;
            used.users++;
            return used;
        });
    }

    /** Frees the weights if no other program uses them. */
    void release() {
        IN_USE.compute(key, (k, model) -> {
            users--;
            if (users > 0) {
                return model;
            }
            binding.destroyModel(handle);
            return null;
        });
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

    static int number(Precision precision) {
        return switch (precision) {
            case F32 -> Abi.FN_F32;
            case BF16 -> Abi.FN_BF16;
        };
    }
}
