package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Chain;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole networks; run again with lower ISAs, where bf16 must be refused. */
@Tag("every-isa")
@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class NetworkTest {
    private static final List<Precision> FLOATING = List.of(Precision.F32, Precision.BF16);

    private final String backend;
    private final boolean bf16;

    NetworkTest(String backend) {
        this.backend = backend;
        bf16 = TestBackends.has(backend, Precision.BF16);
    }

    /** Every dimension of the family away from the published values at least once. */
    static Stream<FasterNetConfig> configurations() {
        return Stream.of(
                config(3, 8, List.of(1, 1), 4, 2, 16, 5, Activation.RELU, false, true, false),
                config(1, 5, List.of(2), 2, 1.5, 7, 3, Activation.GELU, true, true, false),
                config(4, 12, List.of(1, 0, 2), 1, 3, 33, 1, Activation.RELU, true, false, false),
                config(2, 17, List.of(1, 1), 5, 2.5, 20, 0, Activation.GELU, false, true, false),
                config(3, 24, List.of(1, 2, 1), 3, 1, 64, 10, Activation.RELU, false, true, false),
                config(3, 33, List.of(1, 1), 4, 2, 48, 17, Activation.GELU, true, true, false),
                config(3, 10, List.of(1, 1, 1, 1, 1), 4, 2, 0, 0, Activation.RELU, false, true, true),
                config(1, 16, List.of(2, 1), 16, 2, 0, 0, Activation.GELU, true, false, true));
    }

    private static FasterNetConfig config(
            int inChannels, int embedDim, List<Integer> depths, int nDiv, double ratio, int features, int classes,
            Activation activation, boolean layerScale, boolean patchNorm, boolean detection) {
        return new FasterNetConfig(inChannels, embedDim, depths, nDiv, ratio, features, classes, activation, layerScale,
                patchNorm, detection);
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void anyConfigurationAtAnySizeEqualsItsDefinition(FasterNetConfig config) {
        Checkpoint checkpoint = Checkpoint.random(config, 11);
        int smallest = 4 << (config.stages() - 1);
        for (Shape src : List.of(
                new Shape(1, config.inChannels(), smallest, smallest),
                new Shape(2, config.inChannels(), smallest + 3, 3 * smallest + 1),
                new Shape(3, config.inChannels(), 2 * smallest + 5, smallest + 2))) {
            float[] input = TestData.gaussian(new Random(5), src.elements());
            List<double[]> expected = NaiveLayers.run(
                    Chain.of(config, checkpoint.folded()), src, TestData.doubles(input), null);
            for (Precision precision : bf16 ? FLOATING : List.of(Precision.F32)) {
                List<float[]> actual = run(FasterNet.of(checkpoint), src, input, precision);
                for (int i = 0; i < expected.size(); i++) {
                    float[] reference = TestData.floats(expected.get(i));
                    Golden.assertClose(reference, actual.get(i), precision);
                }
            }
        }
    }

    private List<float[]> run(FasterNet net, Shape src, float[] input, Precision precision) {
        SessionOptions options = SessionOptions.defaults()
                .withBackend(backend).withPrecision(precision).withBatch(src.n()).withSize(src.h(), src.w());
        try (Session session = net.session(options)) {
            TestBackends.assertRuns(backend, session.plan());
            FloatBuffer[] dsts = session.dstShapes().stream().map(s -> Golden.floats(s.elements())).toArray(FloatBuffer[]::new);
            session.run(Golden.direct(input), dsts);
            return Stream.of(dsts).map(Golden::array).toList();
        }
    }

    /** From f32 and from pixels; the layers behind are not run. */
    @ParameterizedTest
    @EnumSource(Embedding.class)
    void anEmbeddingIsWhatItsLayerComputes(Embedding kind) {
        FasterNet whole = FasterNet.random(Variant.T0, 3);
        FasterNet net = whole.embedding(kind);
        int layers = whole.layers().size() - (kind == Embedding.POOLED ? 2 : 1);
        assertEquals(whole.layers().subList(0, layers), net.layers());
        assertEquals(0, net.config().numClasses());
        Shape src = new Shape(2, 3, 32, 37);
        float[] input = TestData.gaussian(new Random(4), src.elements());
        float[] expected = TestData.floats(NaiveLayers.run(net.layers(), src, TestData.doubles(input), null).get(0));
        float[] actual = run(net, src, input, Precision.F32).get(0);
        assertEquals(2 * (kind == Embedding.POOLED ? 320 : 1280), actual.length);
        Golden.assertClose(expected, actual, Golden.F32_TOLERANCE);
        try (Session pixels = net.session(SessionOptions.defaults().withBackend(backend).withSize(32, 37).withPixels())) {
            assertEquals(List.of(new Shape(1, expected.length / 2, 1, 1)), pixels.dstShapes());
        }
    }

    @Test
    void aBackboneHasNoEmbedding() {
        FasterNet backbone = FasterNet.random(config(3, 8, List.of(1), 4, 2, 0, 0, Activation.RELU, false, true, true), 1);
        assertThrows(ShapeException.class, () -> backbone.embedding(Embedding.POOLED));
    }

    /** Values on a small image, whose oracle is quick; implementations at the published size, which they depend on. */
    @ParameterizedTest
    @EnumSource(Variant.class)
    void everyVariantEqualsItsDefinitionWithoutReferenceImplementations(Variant variant) {
        FasterNet net = FasterNet.random(variant, 1);
        Shape src = new Shape(1, 3, 32, 37);
        float[] input = TestData.gaussian(new Random(2), src.elements());
        float[] expected = TestData.floats(NaiveLayers.run(net.layers(), src, TestData.doubles(input), null).get(0));
        for (Precision precision : FLOATING) {
            SessionOptions options = SessionOptions.defaults().withBackend(backend).withPrecision(precision);
            if (precision == Precision.BF16 && !bf16) {
                UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> net.session(options));
                assertTrue(refusal.getMessage().contains("f32 works"), refusal.getMessage());
                continue;
            }
            Golden.assertClose(expected, run(net, src, input, precision).get(0), precision);
            try (Session session = net.session(options); Session pixels = net.session(options.withPixels())) {
                TestBackends.assertRuns(backend, session.plan());
                TestBackends.assertRuns(backend, pixels.plan());
            }
        }
    }

    /** What the environment asks of this JVM is what runs, or every other assertion here is about something else. */
    @Test
    void theCapOnTheIsaIsObeyed() {
        String isa = TestBackends.named(backend).isa();
        if (backend.equals("onednn")) {
            String cap = System.getenv("ONEDNN_MAX_CPU_ISA");
            if ("AVX2".equals(cap)) {
                assertEquals("avx2", isa);
                assertFalse(bf16);
            } else if (TestBackends.isSlow("onednn")) {
                assertTrue(isa.matches("asimd|sve_(128|256|512)"), isa);
                assertFalse(bf16);
            } else if (cap == null) {
                List<String> features = Hardware.detect().cpuFeatures();
                assertEquals(features.contains("avx512f"), isa.startsWith("avx512"), isa);
                assertEquals(features.contains("avx512_bf16"), bf16 && isa.startsWith("avx512"), isa);
            }
        } else if (backend.equals("fused")) {
            String cap = System.getenv("FASTERNET_MAX_ISA");
            assertEquals(cap != null && Hardware.detect().isas().contains(cap) ? cap : Hardware.detect().isa(), isa);
            assertEquals(isa.endsWith("bf16"), bf16, isa);
        }
    }
}
