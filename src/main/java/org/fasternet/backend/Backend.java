package org.fasternet.backend;

import java.util.Optional;
import org.fasternet.Precision;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/** Something that computes. Back ends are stateless and may be used by many threads. */
public interface Backend {
    /** As in options and reports. */
    String name();

    /** Why it cannot be used on this machine, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /** The library that computes and its version, such as {@code oneDNN 3.11.0}. Only for a back end that is available. */
    String version();

    /** The instruction set it uses on this machine. Only for a back end that is available. */
    String isa();

    /** Why it cannot compute in {@code precision} on this machine, in one sentence; empty if it can. */
    Optional<String> refuses(Precision precision);

    /** Why it cannot compute {@code network}, in one sentence; empty if it has all of its layers. */
    Optional<String> refuses(Network network);

    /**
     * Does everything that is slow: packs weights, chooses implementations, allocates.
     *
     * @throws org.fasternet.ShapeException if the layers do not fit each other or the source
     * @throws org.fasternet.NativeException if memory or a primitive was refused
     */
    Program compile(ProgramSpec spec);
}
