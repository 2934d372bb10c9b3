package org.fasternet.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.fasternet.Embedding;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.TestData;
import org.fasternet.Variant;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime, which checks a model's types and shapes when it loads it, is the judge of what a file means. */
class OnnxWriterTest {
    private static final OrtEnvironment RUNTIME = runtime();

    @TempDir
    Path folder;

    private static OrtEnvironment runtime() {
        OrtEnvironment runtime = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        return runtime;
    }

    private Path write(FasterNet net) {
        Path file = folder.resolve("net.onnx");
        OnnxWriter.write(file, net);
        return file;
    }

    private static FasterNet golden(String name) {
        return FasterNet.load(Golden.file(name + "/official.pth"));
    }

    /** The outputs in the file's order, for a source of {@code images} images: those of {@code src}, over and over. */
    private static List<float[]> run(Path file, Tensor src, int images) throws OrtException {
        float[] repeated = repeated(src.data(), src.dim(0), images);
        long[] shape = {images, src.dim(1), src.dim(2), src.dim(3)};
        try (OrtSession session = RUNTIME.createSession(file.toString(), new OrtSession.SessionOptions());
                OnnxTensor input = OnnxTensor.createTensor(RUNTIME, FloatBuffer.wrap(repeated), shape);
                OrtSession.Result result = session.run(Map.of("input", input))) {
            List<float[]> outputs = new ArrayList<>();
            result.forEach(output -> outputs.add(Golden.array(((OnnxTensor) output.getValue()).getFloatBuffer())));
            return outputs;
        }
    }

    /** As many images as asked for, of values that hold {@code stored} images. */
    private static float[] repeated(float[] values, int stored, int images) {
        int size = values.length / stored;
        float[] repeated = new float[size * images];
        for (int i = 0; i < images; i++) {
            System.arraycopy(values, i % stored * size, repeated, i * size, size);
        }
        return repeated;
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano-relu", "odd-gelu", "layer-scale", "three-stages-gray", "half-weights"})
    void logitsAreThoseOfPyTorchForAnyBatch(String name) throws OrtException {
        Path file = write(golden(name));
        Tensor input = Golden.npy(name + "/input.npy");
        Tensor logits = Golden.npy(name + "/logits.npy");
        for (int images : new int[] {1, 3}) {
            float[] expected = repeated(logits.data(), logits.dim(0), images);
            Golden.assertClose(expected, run(file, input, images).get(0), Golden.F32_TOLERANCE);
        }
    }

    @ParameterizedTest
    @EnumSource(Embedding.class)
    void anEmbeddingIsWhatOursIs(Embedding kind) throws OrtException {
        FasterNet net = golden("nano-relu").embedding(kind);
        Tensor input = Golden.npy("nano-relu/input.npy");
        SessionOptions options = SessionOptions.defaults().withBatch(input.dim(0)).withSize(input.dim(2), input.dim(3));
        try (Session session = net.session(options)) {
            FloatBuffer dst = Golden.floats(session.dstShapes().get(0).elements());
            session.run(Golden.direct(input.data()), dst);
            Golden.assertClose(Golden.array(dst), run(write(net), input, input.dim(0)).get(0), Golden.F32_TOLERANCE);
        }
    }

    @Test
    void featureMapsAreThoseOfPyTorchForAnyBatch() throws OrtException {
        Path file = write(golden("features"));
        for (int images : new int[] {1, 3}) {
            List<float[]> maps = run(file, Golden.npy("features/input.npy"), images);
            assertEquals(4, maps.size());
            for (int i = 0; i < 4; i++) {
                Tensor expected = Golden.npy("features/features" + i + ".npy");
                Golden.assertClose(repeated(expected.data(), expected.dim(0), images), maps.get(i), Golden.F32_TOLERANCE);
            }
        }
    }

    /** Another size than the model's own, which no stride divides; the network whose blocks convolve all channels splits none. */
    @Test
    void anyNetworkOfAnySizeComputesWhatOurSessionsDo() throws OrtException, IOException {
        FasterNetConfig whole = new FasterNetConfig(3, 9, List.of(1, 1), 1, 1.5, 20, 0, Activation.GELU, false, true, false);
        for (FasterNet net : List.of(FasterNet.random(Variant.T0, 3), FasterNet.random(whole, 3))) {
            Path file = write(net);
            Tensor src = new Tensor(new int[] {2, 3, 75, 130}, TestData.gaussian(new Random(1), 2 * 3 * 75 * 130));
            try (Session session = net.session(SessionOptions.defaults().withBackend("onednn").withBatch(2).withSize(75, 130))) {
                FloatBuffer dst = Golden.floats(session.dstShapes().get(0).elements());
                session.run(Golden.direct(src.data()), dst);
                Golden.assertClose(Golden.array(dst), run(file, src, 2).get(0), Golden.F32_TOLERANCE);
            }
            assertEquals(net.config() == whole ? null : 13, operators(file).get("Split"));
        }
    }

    /** No clone, no scatter: a block costs one Split and one Concat. */
    @Test
    void operatorsAreAsFewAsCanBe() throws IOException {
        assertEquals(
                Map.of("Conv", 19, "Split", 5, "Concat", 5, "Relu", 6, "Add", 5, "GlobalAveragePool", 1, "Flatten", 1, "Gemm", 2),
                operators(write(golden("nano-relu"))));
        assertEquals(
                Map.of("Conv", 19, "Split", 5, "Concat", 5, "Div", 6, "Erf", 6, "Add", 11, "Mul", 12, "GlobalAveragePool", 1,
                        "Flatten", 1, "Gemm", 2),
                operators(write(golden("odd-gelu"))));
        assertEquals(
                Map.of("Conv", 19, "Split", 5, "Concat", 5, "Relu", 5, "Add", 9, "Mul", 4), operators(write(golden("features"))));
    }

    /** How often each op_type is there, by Google's parser. */
    private static Map<String, Integer> operators(Path file) throws IOException {
        UnknownFieldSet model = UnknownFieldSet.parseFrom(Files.readAllBytes(file));
        Map<String, Integer> counts = new TreeMap<>();
        for (UnknownFieldSet node : messages(messages(model, 7).get(0), 1)) {
            counts.merge(node.getField(4).getLengthDelimitedList().get(0).toStringUtf8(), 1, Integer::sum);
        }
        return counts;
    }

    private static List<UnknownFieldSet> messages(UnknownFieldSet message, int field) throws IOException {
        List<UnknownFieldSet> messages = new ArrayList<>();
        for (var bytes : message.getField(field).getLengthDelimitedList()) {
            messages.add(UnknownFieldSet.parseFrom(bytes));
        }
        return messages;
    }

    /** The weights and little more: a tensor's or a node's names and sizes take less than 300 bytes. */
    @Test
    void theFileIsSmall() throws IOException {
        Path file = write(FasterNet.random(Variant.T0, 1));
        int nodes = operators(file).values().stream().mapToInt(Integer::intValue).sum();
        long weights = Checkpoint.random(Variant.T0.config(), 1).folded().values().stream().mapToLong(Tensor::elements).sum();
        long rest = Files.size(file) - 4 * weights;
        assertTrue(rest > 0 && rest < 300L * nodes, rest + " bytes beside the weights, " + nodes + " nodes");
    }

    @Test
    void metadataTellWhatTheNetworkExpectsAndNames() throws OrtException {
        FasterNet net = FasterNet.demo();
        try (OrtSession session = RUNTIME.createSession(write(net).toString(), new OrtSession.SessionOptions())) {
            OnnxModelMetadata metadata = session.getMetadata();
            assertEquals("fasternet", metadata.getProducerName());
            Map<String, String> custom = metadata.getCustomMetadata();
            assertEquals("[1,56,56]", custom.get("input_size"));
            assertEquals("[" + net.preprocessing().mean().get(0) + "]", custom.get("mean"));
            assertEquals("[" + net.preprocessing().std().get(0) + "]", custom.get("std"));
            assertTrue(custom.get("label_names").startsWith("[\"" + net.labels().get(0) + "\",\""), custom.get("label_names"));
            TensorInfo input = (TensorInfo) session.getInputInfo().get("input").getInfo();
            assertArrayEquals(new long[] {-1, 1, -1, -1}, input.getShape());
            assertEquals(List.of("batch", "", "height", "width"), Arrays.asList(input.getDimensionNames()));
            assertArrayEquals(new long[] {-1, 10}, ((TensorInfo) session.getOutputInfo().get("head").getInfo()).getShape());
        }
    }

    @Test
    void outputsOfABackboneAreCalledAsItsNorms() throws OrtException {
        Path file = write(golden("features"));
        try (OrtSession session = RUNTIME.createSession(file.toString(), new OrtSession.SessionOptions())) {
            assertEquals(List.of("norm0", "norm2", "norm4", "norm6"), List.copyOf(session.getOutputNames()));
        }
    }

    /** Four tensors, each read once, into the same array. */
    @Test
    void weightsAreInMemoryOneAfterTheOther() throws IOException {
        List<float[]> arrays = new ArrayList<>();
        Tensor weights = Tensor.deferred(new int[] {64, 64}, 1, dst -> {
            Arrays.fill(dst, 0.5f);
            arrays.add(dst);
        });
        List<NamedLayer> layers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            layers.add(new NamedLayer("layer" + i, new Pointwise(weights, new float[64], Optional.empty(), false)));
        }
        Path file = folder.resolve("deferred.onnx");
        assertEquals(8, OnnxWriter.write(file, 64, layers, Map.of()));
        assertEquals(4, arrays.size());
        assertTrue(arrays.stream().allMatch(array -> array == arrays.get(0)));
        UnknownFieldSet model = UnknownFieldSet.parseFrom(Files.readAllBytes(file));
        ByteBuffer written = messages(messages(model, 7).get(0), 5).get(0)
                .getField(9).getLengthDelimitedList().get(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(64 * 64 * 4, written.remaining());
        while (written.hasRemaining()) {
            assertEquals(0.5f, written.getFloat());
        }
    }

    /** One array of 4 MB, 513 times. */
    @Test
    void whatProtocolBuffersCannotHoldIsRefused() throws IOException {
        Pointwise layer = Pointwise.of(1024, 1024, new float[1 << 20]);
        List<NamedLayer> layers = new ArrayList<>();
        for (int i = 0; i < 513; i++) {
            layers.add(new NamedLayer("layer" + i, layer));
        }
        Path file = folder.resolve("large.onnx");
        String message = assertThrows(UnsupportedException.class, () -> OnnxWriter.write(file, 3, layers, Map.of())).getMessage();
        assertTrue(message.matches("\\Q" + file + "\\E: the network takes 215\\d{7} bytes, an ONNX file has at most 2147483647"),
                message);
        assertTrue(Files.notExists(file));
    }

    /**
     * A quantized network in ONNX Runtime: where a sum lies between two steps, f32 there and whole numbers here may round it to
     * either, so that later values are a step apart; the logits by a fiftieth then.
     */
    @ParameterizedTest
    @EnumSource(value = OnnxWriter.Form.class, names = {"INT8", "INT8_BRANCHES"})
    void aQuantizedNetworkComputesTheSameIn8Bits(OnnxWriter.Form form) throws OrtException {
        FasterNet demo = FasterNet.demoQuantized();
        for (FasterNet net : List.of(demo, demo.embedding(Embedding.POOLED))) {
            Path file = folder.resolve("q.onnx");
            OnnxWriter.write(file, net, form);
            Random random = new Random(1);
            try (Session session = net.session(SessionOptions.defaults().withPrecision(Precision.INT8))) {
                for (int i = 0; i < 10; i++) {
                    Tensor src = new Tensor(new int[] {1, 1, 56, 56}, TestData.gaussian(random, 56 * 56));
                    FloatBuffer dst = Golden.floats(session.dstShapes().get(0).elements());
                    session.run(Golden.direct(src.data()), dst);
                    float[] theirs = run(file, src, 1).get(0);
                    if (form == OnnxWriter.Form.INT8) {
                        Golden.assertClose(Golden.array(dst), theirs, 2e-2);
                    }
                    assertTrue(Golden.cosine(Golden.array(dst), theirs) > 0.98, form.name());
                }
            }
        }
    }

    /** The same file of a quantized network as of one in f32, where that is asked for. */
    @Test
    void aQuantizedNetworkIsWrittenInF32Too() throws OrtException {
        FasterNet demo = FasterNet.demoQuantized();
        Path file = folder.resolve("f32.onnx");
        OnnxWriter.write(file, demo, OnnxWriter.Form.F32);
        Tensor src = new Tensor(new int[] {1, 1, 56, 56}, TestData.gaussian(new Random(1), 56 * 56));
        try (Session session = demo.session()) {
            FloatBuffer dst = Golden.floats(10);
            session.run(Golden.direct(src.data()), dst);
            Golden.assertClose(Golden.array(dst), run(file, src, 1).get(0), Golden.F32_TOLERANCE);
        }
    }
}
