package org.fasternet.int8;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fasternet.Embedding;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.Hardware;
import org.fasternet.Kernel;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.TestBackends;
import org.fasternet.TestData;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.quantize.Quantizer;
import org.fasternet.quantize.RangeMethod;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Quantized networks against {@link NaiveInt8}: on every ISA and number of threads the same bits. */
@Tag("every-isa")
class Int8SessionTest {
    private static final SessionOptions FUSED =
            SessionOptions.defaults().withBackend("fused").withPrecision(Precision.INT8).withThreads(2);

    static List<FasterNetConfig> configs() {
        return List.of(
                new FasterNetConfig(3, 8, List.of(1, 2), 4, 2, 20, 7, Activation.GELU, false, true, false),
                new FasterNetConfig(1, 12, List.of(2, 1, 1), 3, 1.5, 9, 5, Activation.RELU, true, true, false),
                new FasterNetConfig(4, 10, List.of(1, 1), 5, 3, 16, 0, Activation.GELU, false, false, false),
                new FasterNetConfig(3, 16, List.of(1, 1), 1, 2, 0, 0, Activation.RELU, false, true, true),
                new FasterNetConfig(3, 36, List.of(1), 2, 2, 33, 19, Activation.RELU, false, true, false));
    }

    private static final int HEIGHT = 37;
    private static final int WIDTH = 50;

    private static FasterNet quantized(FasterNetConfig config) {
        Checkpoint checkpoint = Checkpoint.random(config, 3);
        try (Quantizer quantizer = new Quantizer(checkpoint, RangeMethod.PERCENTILE)) {
            for (int i = 0; i < 2; i++) {
                quantizer.calibrate(Golden.direct(TestData.gaussian(new Random(i), quantizer.shape().elements())));
            }
            return FasterNet.of(quantizer.quantize());
        }
    }

    private static int[] stored(float[] values, QuantizationParams affine) {
        float inverse = 1 / affine.scale();
        int[] stored = new int[values.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (int) Math.max(0, Math.min(Math.rint(values[i] * inverse) + affine.zeroPoint(), 255));
        }
        return stored;
    }

    /** The outputs of a session, or what a feature tap or the end makes of what is stored. */
    private static List<float[]> expected(List<NamedLayer> layers, Quantization quantization, Shape src, int[] stored) {
        NaiveInt8.Result result = NaiveInt8.run(layers, quantization, src, stored);
        List<float[]> outputs = new ArrayList<>();
        QuantizationParams affine = quantization.src();
        Shape shape = src;
        for (int i = 0; i < layers.size(); i++) {
            affine = quantization.layers().get(i).dst().orElse(affine);
            shape = layers.get(i).layer().dst(shape);
            if (layers.get(i).layer() instanceof FeatureTap tap) {
                outputs.add(real(result.layers().get(i), shape, affine, tap.scale(), tap.shift()));
            }
        }
        if (outputs.isEmpty()) {
            float[] ones = new float[shape.c()];
            Arrays.fill(ones, 1);
            Shape last = shape;
            QuantizationParams stores = affine;
            outputs.add(result.f32().orElseGet(() ->
                    real(result.layers().get(layers.size() - 1), last, stores, ones, new float[last.c()])));
        }
        return outputs;
    }

    /** As the engine does: a factor and a summand for each channel, in f32. */
    private static float[] real(int[] stored, Shape shape, QuantizationParams affine, float[] scale, float[] shift) {
        float[] values = new float[stored.length];
        int plane = shape.h() * shape.w();
        for (int i = 0; i < values.length; i++) {
            int c = i / plane % shape.c();
            double factor = (double) scale[c] * affine.scale();
            values[i] = stored[i] * (float) factor + (float) (shift[c] - factor * affine.zeroPoint());
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("configs")
    void networksFromF32(FasterNetConfig config) {
        FasterNet net = quantized(config);
        Shape src = new Shape(2, config.inChannels(), HEIGHT, WIDTH);
        float[] values = TestData.gaussian(new Random(9), src.elements());
        Quantization quantization = net.quantization().orElseThrow();
        List<float[]> expected = expected(net.layers(), quantization, src, stored(values, quantization.src()));
        for (String isa : Hardware.detect().isas()) {
            for (int threads : new int[] {1, 2, 5}) {
                SessionOptions options = FUSED.withIsa(isa).withThreads(threads).withBatch(2).withSize(HEIGHT, WIDTH);
                try (Session session = net.session(options)) {
                    assertEquals(isa, session.plan().isa());
                    assertEquals(Precision.INT8, session.plan().precision());
                    FloatBuffer[] dsts = Buffers.floats(session.dstShapes());
                    session.run(Golden.direct(values), dsts);
                    for (int i = 0; i < dsts.length; i++) {
                        assertArrayEquals(expected.get(i), Golden.array(dsts[i]), isa + ", " + threads + " threads, output " + i);
                    }
                }
            }
        }
    }

    /** 8-bit pixels are stored as they are: nothing is lost before the first convolution. */
    @ParameterizedTest
    @MethodSource("configs")
    void networksFromPixels(FasterNetConfig config) {
        FasterNet net = quantized(config);
        Shape src = new Shape(1, config.inChannels(), HEIGHT, WIDTH);
        byte[] pixels = new byte[src.elements()];
        new Random(4).nextBytes(pixels);
        int[] planes = new int[pixels.length];
        for (int i = 0; i < planes.length; i++) {
            planes[i % src.c() * HEIGHT * WIDTH + i / src.c()] = pixels[i] & 255;
        }
        List<NamedLayer> layers = new ArrayList<>(net.layers());
        layers.set(0, new NamedLayer("pixels", ((PatchConv) layers.get(0).layer())
                .foldNormalization(net.preprocessing().mean(), net.preprocessing().std())));
        Quantization scales = Network.of(net.layers(), (PatchConv) layers.get(0).layer())
                .quantized(net.quantization().orElseThrow()).quantizationForPixels().orElseThrow();
        assertEquals(new QuantizationParams(1, 0), scales.src());
        List<float[]> expected = expected(layers, scales, src, planes);
        try (Session session = net.session(FUSED.withSize(HEIGHT, WIDTH).withPixels())) {
            FloatBuffer[] dsts = Buffers.floats(session.dstShapes());
            session.run(Buffers.bytes(pixels.length).put(0, pixels), dsts);
            for (int i = 0; i < dsts.length; i++) {
                assertArrayEquals(expected.get(i), Golden.array(dsts[i]), "output " + i);
            }
        }
    }

    /** Each layer by itself, of the same 8 bits: then a step is all that another order of roundings can make. */
    @ParameterizedTest
    @MethodSource("configs")
    void oneDnnIsWithinAStepLayerByLayer(FasterNetConfig config) {
        if (!TestBackends.names().contains("onednn") || !TestBackends.has("onednn", Precision.INT8)) {
            return;
        }
        FasterNet net = quantized(config);
        Quantization quantization = net.quantization().orElseThrow();
        Shape shape = new Shape(2, config.inChannels(), HEIGHT, WIDTH);
        QuantizationParams read = quantization.src();
        Random random = new Random(6);
        long different = 0;
        long all = 0;
        for (int i = 0; i < net.layers().size(); i++) {
            NamedLayer named = net.layers().get(i);
            Quantization.Scales scales = quantization.layers().get(i);
            Shape dst = named.layer().dst(shape);
            if (!(named.layer() instanceof FeatureTap) && scales.dst().isPresent()) {
                ByteBuffer src = Buffers.bytes(shape.elements());
                for (int k = 0; k < src.capacity(); k++) {
                    src.put(k, (byte) Math.max(0, Math.min(read.zeroPoint() + 40 * random.nextGaussian(), 255)));
                }
                Quantization one = new Quantization(read, List.of(scales));
                byte[][] results = new byte[2][dst.elements()];
                for (int b = 0; b < 2; b++) {
                    String backend = b == 0 ? "fused" : "onednn";
                    try (Kernel kernel = Kernel.compile(List.of(named), one, shape, FUSED.withBackend(backend))) {
                        TestBackends.assertRuns(backend, kernel.plan());
                        ByteBuffer result = Buffers.bytes(dst.elements());
                        kernel.run(src, result);
                        result.get(0, results[b]);
                    }
                }
                for (int k = 0; k < results[0].length; k++, all++) {
                    int difference = Math.abs((results[0][k] & 255) - (results[1][k] & 255));
                    assertTrue(difference <= 1, named.name() + " at " + k + ": " + (results[0][k] & 255) + ", " + (results[1][k] & 255));
                    different += difference;
                }
            }
            shape = dst;
            read = scales.dst().orElse(read);
        }
        assertTrue(different <= all / 200, different + " of " + all + " differ");
    }

    @ParameterizedTest
    @MethodSource("configs")
    void oneDnnComputesTheNetwork(FasterNetConfig config) {
        if (!TestBackends.names().contains("onednn") || !TestBackends.has("onednn", Precision.INT8)) {
            return;
        }
        FasterNet net = quantized(config);
        SessionOptions options = FUSED.withBatch(2).withSize(HEIGHT, WIDTH);
        float[] src = TestData.gaussian(new Random(2), 2 * config.inChannels() * HEIGHT * WIDTH);
        try (Session fused = net.session(options); Session oneDnn = net.session(options.withBackend("onednn"))) {
            TestBackends.assertRuns("onednn", oneDnn.plan());
            FloatBuffer[] expected = Buffers.floats(fused.dstShapes());
            FloatBuffer[] actual = Buffers.floats(oneDnn.dstShapes());
            fused.run(Golden.direct(src), expected);
            oneDnn.run(Golden.direct(src), actual);
            for (int i = 0; i < expected.length; i++) {
                double cosine = Golden.cosine(Golden.array(expected[i]), Golden.array(actual[i]));
                assertTrue(cosine > 0.995, "output " + i + ": cosine " + cosine);
            }
        }
    }

    @Test
    void embeddingsOfWhatIsStored() {
        FasterNet net = quantized(configs().get(0));
        for (Embedding kind : Embedding.values()) {
            FasterNet cut = net.embedding(kind);
            Shape src = new Shape(1, 3, HEIGHT, WIDTH);
            float[] values = TestData.gaussian(new Random(5), src.elements());
            Quantization quantization = cut.quantization().orElseThrow();
            float[] expected = expected(cut.layers(), quantization, src, stored(values, quantization.src())).get(0);
            for (String backend : TestBackends.names()) {
                if (!TestBackends.has(backend, Precision.INT8)) {
                    continue;
                }
                try (Session session = cut.session(FUSED.withBackend(backend).withSize(HEIGHT, WIDTH))) {
                    FloatBuffer dst = Golden.floats(expected.length);
                    session.run(Golden.direct(values), dst);
                    if (backend.equals("fused")) {
                        assertArrayEquals(expected, Golden.array(dst), kind + "");
                    } else {
                        assertTrue(Golden.cosine(expected, Golden.array(dst)) > 0.995, kind + "");
                    }
                }
            }
        }
    }

    /** A block in the caller's own memory, on both back ends. */
    @Test
    void kernelsInPlace() {
        FasterNet net = quantized(configs().get(0));
        Quantization quantization = net.quantization().orElseThrow();
        Quantization block = new Quantization(quantization.layers().get(0).dst().orElseThrow(), List.of(quantization.layers().get(1)));
        Shape shape = new Shape(2, 8, 9, 12);
        byte[] bytes = new byte[shape.elements()];
        new Random(8).nextBytes(bytes);
        int[] planes = new int[bytes.length];
        IntStream.range(0, bytes.length).forEach(i -> planes[nchw(i, shape)] = bytes[i] & 255);
        int[] expected = NaiveInt8.run(List.of(net.layers().get(1)), block, shape, planes).layers().get(0);
        try (Kernel kernel = Kernel.compileInPlace(net.layers().get(1).layer(), block, shape, FUSED)) {
            ByteBuffer x = Buffers.bytes(bytes.length).put(0, bytes);
            kernel.run(x);
            for (int i = 0; i < bytes.length; i++) {
                assertEquals(expected[nchw(i, shape)], x.get(i) & 255, "at " + i);
            }
        }
    }

    private static int nchw(int nhwc, Shape shape) {
        int c = nhwc % shape.c();
        int pixel = nhwc / shape.c();
        int plane = shape.h() * shape.w();
        return (pixel / plane * shape.c() + c) * plane + pixel % plane;
    }

    @Test
    void aNetworkWithoutScalesIsRefusedWithWhatToDo() {
        FasterNet net = FasterNet.random(configs().get(0), 1);
        for (String backend : new String[] {"auto", "fused", "onednn"}) {
            UnsupportedException refused = assertThrows(UnsupportedException.class, () -> net.session(FUSED.withBackend(backend)));
            assertTrue(refused.getMessage().contains("fasternet quantize --weights FILE --images DIR --output FILE"), refused::getMessage);
        }
    }

    static Stream<Quantization> misfits() {
        Quantization good = quantized(configs().get(0)).quantization().orElseThrow();
        List<Quantization.Scales> layers = good.layers();
        QuantizationParams other = new QuantizationParams(layers.get(0).dst().orElseThrow().scale() * 2, 3);
        return Stream.of(
                new Quantization(good.src(), layers.subList(1, layers.size())),
                with(good, 0, Quantization.Scales.passing()),
                with(good, 0, new Quantization.Scales(layers.get(0).matrices(), Optional.of(other))),
                with(good, 1, layers.get(3)),
                with(good, 1, new Quantization.Scales(layers.get(1).matrices().subList(0, 2), layers.get(1).dst())));
    }

    private static Quantization with(Quantization quantization, int index, Quantization.Scales scales) {
        List<Quantization.Scales> layers = new ArrayList<>(quantization.layers());
        layers.set(index, scales);
        return new Quantization(quantization.src(), layers);
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void scalesThatDoNotFitAreRefused(Quantization misfit) {
        FasterNet net = FasterNet.random(configs().get(0), 1);
        ShapeException refused = assertThrows(ShapeException.class,
                () -> Kernel.compile(net.layers(), misfit, new Shape(1, 3, HEIGHT, WIDTH), FUSED));
        assertFalse(refused.getMessage().isBlank());
    }

    @Test
    void stepsThatAreTooFarApartAreRefusedByTheLayersName() {
        Pointwise layer = Pointwise.of(2, 2, new float[] {100, 100, 100, 100});
        MatrixScales scales = MatrixScales.ofLargest(layer.weights(), layer.bias(), new QuantizationParams(1, 0),
                Optional.of(new QuantizationParams(0.001f, 0)), Optional.empty());
        Quantization tooFine = new Quantization(new QuantizationParams(1, 0), List.of(Quantization.Scales.of(scales)));
        ShapeException refused = assertThrows(ShapeException.class, () ->
                Kernel.compile(List.of(new NamedLayer("mine", layer)), tooFine, new Shape(1, 2, 3, 3), FUSED));
        assertTrue(refused.getMessage().startsWith("mine: a step of the sum is 787"), refused::getMessage);
    }
}
