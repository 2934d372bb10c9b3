package org.fasternet.tools.bench.peers;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.fasternet.error.NativeException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;

/**
 * A network in PyTorch's eager mode, operator by operator, each result freed as soon as nothing reads it, as Python's references
 * would. No operator records gradients.
 */
final class PyTorchRun implements PreparedRun {
    static {
        // DJL downloads nothing and reports to nobody, and SLF4J does not complain that its log goes nowhere.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("slf4j.internal.verbosity", "ERROR");
    }

    private final FloatBuffer src;
    private final FloatBuffer dst;
    private final NDManager manager;
    private final NDArray input;
    private final List<UnaryOperator<NDArray>> layers;

    private PyTorchRun(PeerCase work, NDManager manager) {
        this.manager = manager;
        ByteBuffer bytes = Buffers.bytes((long) work.src().elements() * Float.BYTES);
        src = bytes.asFloatBuffer();
        dst = Buffers.floats(work.dstElements());
        // A direct ByteBuffer, and of buffers only that, becomes an array's memory without a copy.
        Shape shape = new Shape(work.src().n(), work.src().c(), work.src().h(), work.src().w());
        input = manager.create(bytes, shape, DataType.FLOAT32);
        layers = new PyTorchLayers(manager).of(work.network().layers());
    }

    static String version() {
        return "PyTorch " + engine().getVersion();
    }

    private static Engine engine() {
        try {
            return Engine.getEngine("PyTorch");
        } catch (EngineException e) {
            throw new NativeException("PyTorch: " + e.getMessage(), e);
        }
    }

    static PyTorchRun prepare(PeerCase work) {
        Engine engine = engine();
        // Both are per calling thread. DJL's own property for threads is read only once, when the engine is loaded.
        JniUtils.setNumThreads(work.threads());
        JniUtils.setGradMode(false);
        NDManager manager = engine.newBaseManager(Device.cpu());
        try {
            return new PyTorchRun(work, manager);
        } catch (RuntimeException | Error e) {
            Resources.closeAfter(e, manager);
            throw e;
        }
    }

    @Override
    public FloatBuffer src() {
        return src;
    }

    @Override
    public FloatBuffer dst() {
        return dst;
    }

    @Override
    public void run() {
        NDArray x = layers.get(0).apply(input);
        for (UnaryOperator<NDArray> layer : layers.subList(1, layers.size())) {
            try (NDArray read = x) {
                x = layer.apply(read);
            }
        }
        try (NDArray logits = x) {
            dst.put(0, logits.toFloatArray());
        }
    }

    /** Frees the weights too. */
    @Override
    public void close() {
        manager.close();
    }
}
