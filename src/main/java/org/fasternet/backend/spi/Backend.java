package org.fasternet.backend.spi;

import java.nio.file.Path;
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
        return lacks(precision).or(this::unavailable).or(() -> refuses(precision, Optional.empty()));
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
     * Makes the plans that {@link #compile} will ask for on a device that need not be here, and writes them to a folder.
     *
     * @param device its properties, as {@link #deviceProperties} tells them of one at hand
     * @return how many steps have a plan now
     * @throws UnsupportedException if the back end has no such plans, the device lacks the precision, or there is none for a step
     * @throws org.fasternet.error.InvalidFileException if the folder cannot be written to
     */
    default int planAhead(ProgramSpec spec, String device, Path folder) {
        throw new UnsupportedException("the back end " + name() + " makes no plans ahead: cudnn does");
    }

    /**
     * All that plans for a device depend on, as JSON.
     *
     * @throws UnsupportedException if the back end computes on the CPU, or there is no such device
     */
    default String deviceProperties(int device) {
        throw new UnsupportedException("the back end " + name() + " computes on the CPU: cudnn has devices");
    }

    /**
     * The memory that {@link Program#bindDevice} takes.
     *
     * @throws UnsupportedException if it computes on the host's memory, or there is no device at all
     */
    default DeviceMemory deviceMemory(int device) {
        throw new UnsupportedException("the back end " + name() + " computes on the host's memory: it has no other");
    }

    /**
     * What measures a device.
     *
     * @throws UnsupportedException if it computes on the CPU, or there is no such device
     */
    default DeviceLoops deviceLoops(int device) {
        throw new UnsupportedException("the back end " + name() + " computes on the CPU: cudnn has devices");
    }
}
