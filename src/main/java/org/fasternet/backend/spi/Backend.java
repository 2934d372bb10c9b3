package org.fasternet.backend.spi;

import java.util.Optional;
import java.util.stream.Collectors;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/** Something that computes. Back ends are stateless and may be used by many threads. */
public interface Backend extends BackendInfo {
    /**
     * Why it cannot compute in a precision and an ISA on this machine, in one sentence; empty if it can.
     *
     * @param precision one of {@link #precisions}
     * @param isa by name; empty: the best one
     */
    Optional<String> refuses(Precision precision, Optional<String> isa);

    @Override
    default Optional<String> refuses(Precision precision) {
        return lacks(precision).or(() -> refuses(precision, Optional.empty()));
    }

    /** A sentence if {@code precision} is none of {@link #precisions}; empty if it is. */
    default Optional<String> lacks(Precision precision) {
        return precisions().contains(precision)
                ? Optional.empty()
                : Optional.of("it has no kernels for " + precision.id() + ", which needs " + precision.hardware() + "; "
                        + precisions().stream().map(Precision::id).collect(Collectors.joining(", ")) + " work here");
    }

    /** Why it cannot compute {@code network}, in one sentence; empty if it has all of its layers. */
    Optional<String> refuses(Network network);

    /**
     * Does everything that is slow: packs weights, chooses implementations, allocates.
     *
     * @throws org.fasternet.error.ShapeException if the layers do not fit each other or the source
     * @throws org.fasternet.error.NativeException if memory or a primitive was refused
     */
    Program compile(ProgramSpec spec);

    /**
     * The memory that {@link Program#bindDevice} takes.
     *
     * @throws UnsupportedException if it computes on the host's memory, or there is no such device
     */
    default DeviceMemory deviceMemory(int device) {
        throw new UnsupportedException("the back end " + name() + " computes on the host's memory: it has no other");
    }
}
