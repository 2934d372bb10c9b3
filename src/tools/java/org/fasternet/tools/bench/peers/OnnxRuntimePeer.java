package org.fasternet.tools.bench.peers;

import java.util.Optional;
import org.fasternet.compute.Precision;
import org.fasternet.onnx.OnnxWriter;

/** ONNX Runtime's Java API on its CPU provider. Names none of its classes, which may be missing. */
record OnnxRuntimePeer(Precision precision) implements Peer {
    @Override
    public String name() {
        return "onnxruntime";
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
        // Its int8 convolutions are only those whose results are stored in 8 bits.
        return OnnxRuntimeRun.prepare(work, precision == Precision.INT8 ? OnnxWriter.Form.INT8_BRANCHES : OnnxWriter.Form.F32);
    }
}
