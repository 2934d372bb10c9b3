package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.HalfPrecision;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks of one's own, against the naive loops. */
@Tag("every-isa")
@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class ChainTest {
    private static final Shape SRC = new Shape(2, 16, 9, 10);
    private static final Random RANDOM = new Random(8);

    private final String backend;

    ChainTest(String backend) {
        this.backend = backend;
    }

    private static PartialConv partial(int channels, int partial) {
        return new PartialConv(channels, TestData.weights(RANDOM, partial, partial, 3, 3));
    }

    private static Pointwise pointwise(int outputs, int inputs, Activation... activation) {
        return new Pointwise(TestData.weights(RANDOM, outputs, inputs), TestData.gaussian(RANDOM, outputs),
                Stream.of(activation).findFirst(), false);
    }

    private static PatchConv patch(int outputs, int inputs, int size) {
        return new PatchConv(TestData.weights(RANDOM, outputs, inputs, size, size), TestData.gaussian(RANDOM, outputs));
    }

    private static Block block(int channels, int partial, int hidden) {
        return new Block(partial(channels, partial), TestData.weights(RANDOM, hidden, channels),
                TestData.gaussian(RANDOM, hidden), Activation.RELU, TestData.weights(RANDOM, channels, hidden));
    }

    private static FeatureTap tap(int channels) {
        return new FeatureTap(TestData.gaussian(RANDOM, channels), TestData.gaussian(RANDOM, channels));
    }

    private static List<NamedLayer> named(Layer... layers) {
        List<NamedLayer> chain = new ArrayList<>();
        for (Layer layer : layers) {
            chain.add(new NamedLayer("layer" + chain.size(), layer));
        }
        return chain;
    }

    static Stream<List<NamedLayer>> chains() {
        return Stream.of(
                named(pointwise(24, 16, Activation.RELU), pointwise(8, 24)),
                named(partial(16, 4), partial(16, 4), pointwise(7, 16, Activation.GELU)),
                named(pointwise(24, 16, Activation.RELU), partial(24, 6), pointwise(12, 24), new Pool()),
                named(partial(16, 16), pointwise(16, 16, Activation.RELU), patch(32, 16, 2), partial(32, 8), new Pool(),
                        pointwise(5, 32)),
                named(block(16, 4, 32), pointwise(24, 16, Activation.RELU), block(24, 6, 48)),
                named(patch(11, 16, 3), partial(11, 5), pointwise(8, 11), new Pool(), pointwise(3, 8, Activation.GELU)),
                named(partial(16, 4), tap(16), pointwise(24, 16, Activation.RELU), block(24, 8, 24), tap(24), patch(8, 24, 2), tap(8)),
                named(new Pool(), pointwise(4, 16)));
    }

    @ParameterizedTest
    @MethodSource("chains")
    void aChainIsItsLayersOneByOne(List<NamedLayer> chain) {
        float[] nchw = TestData.gaussian(RANDOM, SRC.elements());
        List<double[]> expected = NaiveLayers.run(chain, SRC, TestData.doubles(nchw), null);
        boolean taps = chain.stream().anyMatch(named -> named.layer() instanceof FeatureTap);
        for (int threads : new int[] {1, 2}) {
            SessionOptions options = SessionOptions.defaults().withBackend(backend).withThreads(threads);
            try (Kernel kernel = Kernel.compile(chain, SRC, options)) {
                TestBackends.assertRuns(backend, kernel.plan());
                FloatBuffer[] dsts = kernel.dstShapes().stream().map(shape -> Golden.floats(shape.elements()))
                        .toArray(FloatBuffer[]::new);
                kernel.run(Golden.direct(TestData.nhwc(TestData.doubles(nchw), SRC)), dsts);
                assertEquals(expected.size(), dsts.length);
                for (int i = 0; i < dsts.length; i++) {
                    float[] wanted = taps
                            ? TestData.floats(expected.get(i))
                            : TestData.nhwc(expected.get(i), kernel.dstShapes().get(i));
                    Golden.assertClose(wanted, Golden.array(dsts[i]), Golden.F32_TOLERANCE);
                }
                for (NamedLayer named : chain) {
                    boolean planned = kernel.plan().steps().stream().anyMatch(step -> step.label().startsWith(named.name()));
                    assertEquals(planned || named.layer() instanceof FeatureTap, true, named.name());
                }
            }
        }
    }

    /** Its source and last result are bit patterns; feature maps are f32. */
    @ParameterizedTest
    @MethodSource("chains")
    void aChainInBf16IsClose(List<NamedLayer> chain) {
        SessionOptions options = SessionOptions.defaults().withBackend(backend).withPrecision(Precision.BF16);
        if (!TestBackends.has(backend, Precision.BF16)) {
            assertThrows(UnsupportedException.class, () -> Kernel.compile(chain, SRC, options));
            return;
        }
        ShortBuffer src = Golden.shorts(SRC.elements());
        float[] nhwc = new float[SRC.elements()];
        for (int i = 0; i < nhwc.length; i++) {
            src.put(i, HalfPrecision.floatToBf16((float) RANDOM.nextGaussian()));
            nhwc[i] = HalfPrecision.bf16ToFloat(src.get(i));
        }
        List<double[]> expected = NaiveLayers.run(chain, SRC, TestData.nchw(nhwc, SRC), null);
        boolean taps = chain.stream().anyMatch(named -> named.layer() instanceof FeatureTap);
        try (Kernel kernel = Kernel.compile(chain, SRC, options)) {
            TestBackends.assertRuns(backend, kernel.plan());
            List<Shape> shapes = kernel.dstShapes();
            Buffer[] dsts = shapes.stream().map(shape -> taps ? Golden.floats(shape.elements()) : Golden.shorts(shape.elements()))
                    .toArray(Buffer[]::new);
            kernel.run(src, dsts);
            for (int i = 0; i < dsts.length; i++) {
                float[] actual = new float[shapes.get(i).elements()];
                for (int k = 0; k < actual.length; k++) {
                    actual[k] = taps ? ((FloatBuffer) dsts[i]).get(k) : HalfPrecision.bf16ToFloat(((ShortBuffer) dsts[i]).get(k));
                }
                float[] wanted = taps ? TestData.floats(expected.get(i)) : TestData.nhwc(expected.get(i), shapes.get(i));
                Golden.assertClose(wanted, actual, Golden.BF16_TOLERANCE);
            }
        }
    }

    private String refusal(Class<? extends RuntimeException> type, List<NamedLayer> chain) {
        SessionOptions options = SessionOptions.defaults().withBackend(backend);
        return assertThrows(type, () -> Kernel.compile(chain, SRC, options).close()).getMessage();
    }

    @Test
    void layersThatDoNotFitAreNamedBoth() {
        assertEquals("layer1 after layer0: pointwise convolution: the source 2x24x9x10 has 24 channels, 16 are expected",
                refusal(ShapeException.class, named(pointwise(24, 16), pointwise(8, 16))));
        assertEquals("layer0 after the source: partial convolution: the source 2x16x9x10 has 16 channels, 8 are expected",
                refusal(ShapeException.class, named(partial(8, 4))));
        assertEquals("layer2: follows the last feature tap, so that nobody gets its result: end the chain with a tap",
                refusal(ShapeException.class, named(partial(16, 4), tap(16), pointwise(8, 16))));
        assertEquals("a chain without layers: at least one is needed", refusal(ShapeException.class, List.of()));
    }

    @Test
    void partsOfDifferentSizesOfOneTensorAreOneDnns() {
        List<NamedLayer> chain = named(partial(16, 4), partial(16, 8));
        if (backend.equals("fused")) {
            assertEquals("fused: layer1: convolves 8 channels of a tensor of which layer0 convolves 4: kernels here take the same"
                    + " ones; onednn takes any", refusal(UnsupportedException.class, chain));
            try (Kernel kernel = Kernel.compile(chain, SRC, SessionOptions.defaults())) {
                assertEquals("onednn", kernel.plan().backend());
            }
        } else {
            aChainIsItsLayersOneByOne(chain);
        }
    }
}
