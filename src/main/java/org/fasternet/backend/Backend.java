package org.fasternet.backend;

import java.util.Optional;
import org.fasternet.Precision;
import org.fasternet.SessionOptions;
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

    /** Why it cannot compute in the options' precision and ISA on this machine, in one sentence; empty if it can. */
    Optional<String> refuses(SessionOptions options);

    /** Why it cannot compute in {@code precision} with the best ISA, in one sentence; empty if it can. */
    default Optional<String> refuses(Precision precision) {
        return refuses(SessionOptions.defaults().withPrecision(precision));
    }

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
