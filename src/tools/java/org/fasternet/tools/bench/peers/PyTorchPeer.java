package org.fasternet.tools.bench.peers;

import java.util.Optional;
import org.fasternet.compute.Precision;

/** PyTorch's native library through DJL. Names none of their classes, which may be missing. */
final class PyTorchPeer implements Peer {
    @Override
    public String name() {
        return "pytorch";
    }

    @Override
    public Precision precision() {
        return Precision.F32;
    }

    /** DJL would look for the native libraries on the network: they must be on the class path too. */
    @Override
    public Optional<String> unavailable() {
        return Peers.missing("PyTorch", "ai/djl/pytorch/engine/PtEngine.class", "jnilib/pytorch.properties",
                "native/lib/pytorch.properties");
    }

    @Override
    public String version() {
        return PyTorchRun.version();
    }

    @Override
    public PreparedRun prepare(PeerCase work) {
        return PyTorchRun.prepare(work);
    }
}
