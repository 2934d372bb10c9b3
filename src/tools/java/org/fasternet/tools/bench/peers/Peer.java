package org.fasternet.tools.bench.peers;

import java.util.Optional;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;

/** Something that can run a FasterNet: another library, or a back end of this one. Stateless. */
public interface Peer {
    /** As in options and reports; together with the precision it is unique. */
    String name();

    /** What it computes in. */
    Precision precision();

    /** What it computes on. */
    default Processor processor() {
        return Processor.CPU;
    }

    /** Why it cannot be used here, in one sentence; empty if it can. */
    Optional<String> unavailable();

    /** The library that computes and its version, such as {@code ONNX Runtime 1.26.0}. Only for a peer that is available. */
    String version();

    /**
     * Does everything that is slow: hands over the weights, compiles, allocates. Only for a peer that is available.
     *
     * @throws org.fasternet.error.FasterNetException if it cannot run this case
     */
    PreparedRun prepare(PeerCase work);
}
