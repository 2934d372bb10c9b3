package org.fasternet.tools.bench.peers;

import java.util.Optional;
import org.fasternet.compute.Precision;

/** ONNX Runtime's Java API on its CPU provider. Names none of its classes, which may be missing. */
final class OnnxRuntimePeer implements Peer {
    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public Precision precision() {
        return Precision.F32;
    }

    @Override
    public Optional<String> unavailable() {
        return Peers.missing("ONNX Runtime", "ai/onnxruntime/OrtEnvironment.class");
    }

    @Override
    public String version() {
        return OnnxRuntimeRun.version();
    }

    @Override
    public PreparedRun prepare(PeerCase work) {
        return OnnxRuntimeRun.prepare(work);
    }
}
