package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
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

/** Single kernels on the caller's buffers, against their definitions; run again with lower ISAs. */
@Tag("every-isa")
@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class KernelTest {
    /** Elements before and behind every buffer, which nobody may touch. */
    private static final int GUARD = 64;
    private static final float GUARD_VALUE = 12345;

    private final Random random = new Random(3);
    private final String backend;
    private final SessionOptions options;

    KernelTest(String backend) {
        this.backend = backend;
        options = SessionOptions.defaults().withBackend(backend);
    }

    /** Every channel count up to two vectors of AVX-512 and one more. */
    static IntStream channels() {
        return IntStream.rangeClosed(1, 33);
    }

    @ParameterizedTest
    @MethodSource("channels")
    void everyKernelAtEveryChannelCount(int c) {
        Shape src = new Shape(1, c, 4, 5);
        int partial = Math.max(1, c / 4);
        check(new PartialConv(c, TestData.weights(random, partial, partial, 3, 3)), src);
        check(new PartialConv(c, TestData.weights(random, c, c, 3, 3)), src);
        check(pointwise(c, 34 - c), src);
        check(pointwise(c, 34 - c).withActivation(Activation.RELU), src);
        check(pointwise(c, 34 - c).withActivation(Activation.GELU).withResidual(), src);
        check(new PatchConv(TestData.weights(random, 34 - c, c, 2, 2), TestData.gaussian(random, 34 - c)), src);
        check(block(c, partial, 2 * c, Activation.RELU), src);
        check(block(c, partial, c + 3, Activation.GELU), src);
        check(new Pool(), src);
    }

    /** One pixel, one row, one column, wide, tall, and batches of them. */
    @Test
    void everyKernelAtEveryShape() {
        for (Shape src : List.of(
                new Shape(1, 12, 1, 1), new Shape(1, 12, 1, 40), new Shape(1, 12, 40, 1), new Shape(2, 12, 3, 70),
                new Shape(3, 12, 70, 3), new Shape(5, 12, 7, 7))) {
            check(new PartialConv(12, TestData.weights(random, 3, 3, 3, 3)), src);
            check(pointwise(12, 24).withActivation(Activation.RELU), src);
            check(block(12, 3, 24, Activation.GELU), src);
            check(new Pool(), src);
            if (src.h() > 1 && src.w() > 1) {
                check(new PatchConv(TestData.weights(random, 24, 12, 2, 2), TestData.gaussian(random, 24)), src);
            }
        }
    }

    @Test
    void batchNormIsFoldedIntoWeightsAndBias() {
        float[] gamma = TestData.gaussian(random, 6);
        float[] beta = TestData.gaussian(random, 6);
        float[] mean = TestData.gaussian(random, 6);
        float[] variance = {0, 0.1f, 1, 2, 3, 1e-3f};
        Pointwise plain = pointwise(5, 6);
        Pointwise folded = plain.withBatchNorm(gamma, beta, mean, variance);
        Shape src = new Shape(1, 5, 2, 3);
        double[] x = TestData.doubles(TestData.gaussian(random, src.elements()));
        double[] expected = NaiveLayers.run(List.of(new NamedLayer("p", plain)), src, x, null).get(0);
        for (int i = 0; i < expected.length; i++) {
            int c = i / 6;
            expected[i] = gamma[c] * (expected[i] - mean[c]) / Math.sqrt(variance[c] + 1e-5) + beta[c];
        }
        double[] actual = NaiveLayers.run(List.of(new NamedLayer("p", folded)), src, x, null).get(0);
        Golden.assertClose(TestData.floats(expected), TestData.floats(actual), 1e-6);
        assertThrows(ShapeException.class, () -> plain.withBatchNorm(gamma, beta, mean, new float[] {1, 1, 1, 1, 1, -1}));
    }

    @Test
    void aPartialConvolutionInPlaceNeedsOnlyItsSlice() {
        Shape src = new Shape(1, 8, 6, 6);
        FloatBuffer x = guarded(TestData.gaussian(random, src.elements()));
        float[] before = Golden.array(x);
        try (Kernel kernel = Kernel.compileInPlace(
                new PartialConv(8, TestData.weights(random, 2, 2, 3, 3)), src, options)) {
            kernel.run(x);
        }
        float[] after = Golden.array(x);
        for (int i = 0; i < after.length; i++) {
            if (i % 8 >= 2) {
                assertEquals(before[i], after[i], "element " + i);
            }
        }
    }

    @Test
    void bf16KernelsWorkOnBf16Buffers() {
        SessionOptions bf16 = options.withPrecision(Precision.BF16);
        Shape src = new Shape(1, 24, 5, 5);
        Block block = block(24, 6, 48, Activation.RELU);
        if (!TestBackends.has(backend, Precision.BF16)) {
            assertThrows(UnsupportedException.class, () -> Kernel.compile(block, src, bf16));
            return;
        }
        float[] values = TestData.gaussian(random, src.elements());
        ShortBuffer x = Golden.shorts(src.elements());
        for (int i = 0; i < values.length; i++) {
            x.put(i, HalfPrecision.floatToBf16(values[i]));
            values[i] = HalfPrecision.bf16ToFloat(x.get(i));
        }
        ShortBuffer dst = Golden.shorts(src.elements());
        try (Kernel kernel = Kernel.compile(block, src, bf16)) {
            kernel.run(x, dst);
            assertThrows(ShapeException.class, () -> kernel.run(Golden.direct(values), dst));
        }
        float[] actual = new float[values.length];
        for (int i = 0; i < actual.length; i++) {
            actual[i] = HalfPrecision.bf16ToFloat(dst.get(i));
        }
        double[] expected = NaiveLayers.run(List.of(new NamedLayer("b", block)), src, TestData.nchw(values, src), null).get(0);
        Golden.assertClose(TestData.nhwc(expected, src), actual, Golden.BF16_TOLERANCE);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Layer layer = pointwise(4, 4);
        Shape src = new Shape(1, 4, 2, 2);
        assertThrows(ShapeException.class, () -> Kernel.compile(layer, new Shape(1, 5, 2, 2), options));
        assertThrows(ShapeException.class, () -> Kernel.compileInPlace(layer, src, options));
        assertThrows(ShapeException.class, () -> Kernel.compile(layer, src, options.withBatch(2)));
        try (Kernel kernel = Kernel.compile(layer, src, options)) {
            FloatBuffer x = Golden.floats(40);
            assertThrows(ShapeException.class, () -> kernel.run(x));
            assertThrows(ShapeException.class, () -> kernel.run(x, x), "overlap");
            assertThrows(ShapeException.class, () -> kernel.run(x, x.slice(15, 16)), "overlap by one element");
            assertThrows(ShapeException.class, () -> kernel.run(x.slice(0, 15), Golden.floats(16)), "too small");
            assertThrows(ShapeException.class, () -> kernel.run(FloatBuffer.allocate(16), Golden.floats(16)), "heap");
            assertThrows(ShapeException.class, () -> kernel.run(x, Golden.floats(16).asReadOnlyBuffer()), "read-only");
            FloatBuffer foreign = ByteBuffer.allocateDirect(64).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
            assertThrows(ShapeException.class, () -> kernel.run(foreign, Golden.floats(16)), "byte order");
            kernel.run(x.slice(0, 16), x.slice(16, 16));
        }
    }

    /** Out of place and, where the layer can, in place; both must leave the guards alone, and give the same bits twice. */
    private void check(Layer layer, Shape src) {
        List<NamedLayer> chain = List.of(new NamedLayer("layer", layer));
        Shape dstShape = layer.dst(src);
        float[] x = TestData.gaussian(random, src.elements());
        float[] held = TestData.gaussian(random, dstShape.elements());
        boolean residual = layer instanceof Pointwise p && p.residual();
        double[] expected = NaiveLayers.run(chain, src, TestData.nchw(x, src), TestData.nchw(held, dstShape)).get(0);
        float[] reference = TestData.nhwc(expected, dstShape);
        if (!residual) {
            Arrays.fill(held, Float.NaN);
        }
        try (Kernel kernel = Kernel.compile(layer, src, options)) {
            TestBackends.assertRuns(backend, kernel.plan());
            FloatBuffer source = guarded(x);
            float[][] results = new float[2][];
            for (int run = 0; run < 2; run++) {
                FloatBuffer dst = guarded(held);
                kernel.run(source, dst);
                assertGuards(dst);
                results[run] = Golden.array(dst);
            }
            assertArrayEquals(x, Golden.array(source), "the source has changed");
            assertArrayEquals(results[0], results[1], "two runs differ");
            Golden.assertClose(reference, results[0], 1e-5);
        }
        if (layer instanceof Block || layer instanceof PartialConv) {
            try (Kernel kernel = Kernel.compileInPlace(layer, src, options)) {
                TestBackends.assertRuns(backend, kernel.plan());
                FloatBuffer buffer = guarded(x);
                kernel.run(buffer);
                assertGuards(buffer);
                Golden.assertClose(reference, Golden.array(buffer), 1e-5);
            }
        }
    }

    private Pointwise pointwise(int inputs, int outputs) {
        return Pointwise.of(outputs, inputs, TestData.weights(random, outputs, inputs).data())
                .withBias(TestData.gaussian(random, outputs));
    }

    private Block block(int channels, int partial, int hidden, Activation activation) {
        return new Block(new PartialConv(channels, TestData.weights(random, partial, partial, 3, 3)),
                TestData.weights(random, hidden, channels), TestData.gaussian(random, hidden), activation,
                TestData.weights(random, channels, hidden));
    }

    /** The middle of a larger buffer, so that its position is not 0 in memory either. */
    private static FloatBuffer guarded(float[] values) {
        FloatBuffer buffer = Golden.floats(values.length + 2 * GUARD);
        for (int i = 0; i < buffer.capacity(); i++) {
            buffer.put(i, GUARD_VALUE);
        }
        buffer.put(GUARD, values);
        return buffer.position(GUARD).limit(GUARD + values.length);
    }

    private static void assertGuards(FloatBuffer buffer) {
        for (int i = 0; i < GUARD; i++) {
            FloatBuffer all = buffer.duplicate().clear();
            assertEquals(GUARD_VALUE, all.get(i), "before the buffer");
            assertEquals(GUARD_VALUE, all.get(all.capacity() - 1 - i), "behind the buffer");
        }
    }
}
