package org.fasternet.tools.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.fasternet.error.NativeException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;
import org.fasternet.onnx.OnnxWriter;
import org.fasternet.tensor.Shape;

/**
 * A network as ONNX Runtime runs it fastest: our ONNX file with its free sizes fixed, all graph optimisations, the source and the
 * destination bound to direct buffers, so that a run copies nothing.
 */
final class OnnxRuntimeRun implements PreparedRun {
    private final FloatBuffer src;
    private final FloatBuffer dst;
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;
    private final Resources resources = new Resources();

    private OnnxRuntimeRun(PeerCase work, Path model, SessionOptions options) throws OrtException {
        Shape shape = work.src();
        src = Buffers.floats(shape.elements());
        dst = Buffers.floats(work.dstElements());
        session = resources.add(environment().createSession(model.toString(), options), OnnxRuntimeRun::close);
        try {
            inputs = Map.of(session.getInputNames().iterator().next(), tensor(src, shape.n(), shape.c(), shape.h(), shape.w()));
            outputs = Map.of(session.getOutputNames().iterator().next(), tensor(dst, shape.n(), work.outputs()));
        } catch (OrtException | RuntimeException | Error e) {
            Resources.closeAfter(e, resources);
            throw e;
        }
    }

    private OnnxTensor tensor(FloatBuffer values, long... shape) throws OrtException {
        return resources.add(OnnxTensor.createTensor(environment(), values, shape), OnnxTensor::close);
    }

    static String version() {
        return "ONNX Runtime " + environment().getVersion();
    }

    /** One per process; errors alone are logged. */
    private static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    }

    static OnnxRuntimeRun prepare(PeerCase work, OnnxWriter.Form form) {
        try {
            environment().setTelemetry(false);
            Path model = Files.createTempFile("fasternet", ".onnx");
            try (SessionOptions options = options(work)) {
                OnnxWriter.write(model, work.network(), form);
                return new OnnxRuntimeRun(work, model, options);
            } finally {
                Files.delete(model);
            }
        } catch (OrtException e) {
            throw failure(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SessionOptions options(PeerCase work) throws OrtException {
        SessionOptions options = new SessionOptions();
        options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
        options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setIntraOpNumThreads(work.threads());
        options.setInterOpNumThreads(1);
        options.setCPUArenaAllocator(true);
        options.setMemoryPatternOptimization(true);
        options.setSymbolicDimensionValue("batch", work.src().n());
        options.setSymbolicDimensionValue("height", work.src().h());
        options.setSymbolicDimensionValue("width", work.src().w());
        return options;
    }

    private static NativeException failure(OrtException e) {
        return new NativeException("ONNX Runtime: " + e.getMessage(), e);
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
        try {
            session.run(inputs, outputs).close();
        } catch (OrtException e) {
            throw failure(e);
        }
    }

    @Override
    public void close() {
        resources.close();
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw failure(e);
        }
    }
}
