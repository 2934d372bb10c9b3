package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Conv;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.tensor.HalfPrecision;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Regular, grouped and depthwise convolution, against their definition; run again with lower ISAs. */
@Tag("every-isa")
class ConvTest {
    private final Random random = new Random(3);
    private final SessionOptions options = SessionOptions.defaults();

    /** Around one, two and four vectors of AVX2, which are up to two of AVX-512. */
    static IntStream channels() {
        return IntStream.of(1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 23, 31, 32, 33);
    }

    @ParameterizedTest
    @MethodSource("channels")
    void everyChannelCount(int c) {
        Shape src = new Shape(1, c, 4, 5);
        check(conv(c, 34 - c, 1, 3), src);
        check(conv(c, c, c, 3), src);
        check(conv(4 * c, 4 * (34 - c), 4, 3), src.withChannels(4 * c));
    }

    /** One pixel, one row, one column, wide, tall, and batches of them. */
    @Test
    void everyShapeAndKernelSize() {
        for (Shape src : List.of(
                new Shape(1, 12, 1, 1), new Shape(1, 12, 1, 40), new Shape(1, 12, 40, 1), new Shape(2, 12, 3, 70),
                new Shape(3, 12, 70, 3), new Shape(5, 12, 7, 7))) {
            for (int groups : new int[] {1, 4, 12}) {
                for (int size : new int[] {1, 3, 5}) {
                    check(conv(12, 24 / (groups == 12 ? 2 : 1), groups, size), src);
                }
            }
        }
    }

    /** Widths of the networks and of the paper's comparison, where speed matters; values at one size that is quick to check. */
    @ParameterizedTest
    @EnumSource(value = Precision.class, names = "INT8", mode = EnumSource.Mode.EXCLUDE)
    void noNetworkGetsAReferenceImplementation(Precision precision) {
        if (!TestBackends.has("onednn", precision)) {
            assertThrows(UnsupportedException.class, () -> compile(conv(40, 40, 1, 3), new Shape(1, 40, 7, 7), precision));
            return;
        }
        for (int c : new int[] {40, 64, 96, 144, 192, 320, 384}) {
            for (int groups : new int[] {1, c % 16 == 0 ? 16 : 8, c}) {
                Conv conv = conv(c, c, groups, 3);
                try (Kernel kernel = compile(conv, new Shape(1, c, 14, 14), precision)) {
                    assertRuns(kernel.plan(), conv);
                }
            }
        }
    }

    @Test
    void bf16WorksOnBf16Buffers() {
        if (!TestBackends.has("onednn", Precision.BF16)) {
            return; // the refusal is tested above
        }
        for (int groups : new int[] {1, 4, 20}) {
            Shape src = new Shape(2, 20, 6, 5);
            Conv conv = conv(20, 20, groups, 3);
            float[] values = TestData.gaussian(random, src.elements());
            ShortBuffer x = Golden.shorts(src.elements());
            for (int i = 0; i < values.length; i++) {
                x.put(i, HalfPrecision.floatToBf16(values[i]));
                values[i] = HalfPrecision.bf16ToFloat(x.get(i));
            }
            ShortBuffer dst = Golden.shorts(src.elements());
            try (Kernel kernel = compile(conv, src, Precision.BF16)) {
                assertRuns(kernel.plan(), conv);
                kernel.run(x, dst);
            }
            float[] actual = new float[values.length];
            for (int i = 0; i < actual.length; i++) {
                actual[i] = HalfPrecision.bf16ToFloat(dst.get(i));
            }
            Golden.assertClose(expected(conv, src, values), actual, Precision.BF16);
        }
    }

    @Test
    void autoTakesTheBackEndThatHasItAndOneAskedForByNameIsRefused() {
        Conv conv = conv(8, 8, 1, 3);
        Shape src = new Shape(1, 8, 4, 4);
        try (Kernel kernel = Kernel.compile(conv, src, options)) {
            assertEquals("onednn", kernel.plan().backend());
        }
        Network network = Network.of(List.of(new NamedLayer("c", conv)));
        assertEquals("onednn", SessionOptions.defaults().backendFor(network).name());
        UnsupportedException refusal = assertThrows(
                UnsupportedException.class, () -> Kernel.compile(conv, src, options.withBackend("fused")));
        assertEquals("fused: Conv: only FasterNet's own layers have kernels here, no regular, grouped or depthwise convolution;"
                + " onednn has them", refusal.getMessage());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        refuse("[8, 2, 3, 5], [any, any, 3, 3]", () -> new Conv(TestData.weights(random, 8, 2, 3, 5), new float[8], 1));
        refuse("side is 2, an odd one", () -> new Conv(TestData.weights(random, 8, 2, 2, 2), new float[8], 1));
        refuse("bias has 7 values, 8", () -> new Conv(TestData.weights(random, 8, 2, 3, 3), new float[7], 1));
        refuse("3 groups do not divide 8 outputs", () -> new Conv(TestData.weights(random, 8, 2, 3, 3), new float[8], 3));
        refuse("0 groups do not divide 8 outputs", () -> new Conv(TestData.weights(random, 8, 2, 3, 3), new float[8], 0));
        refuse("has 4 channels, 8 are expected", () -> conv(8, 8, 4, 3).dst(new Shape(1, 4, 2, 2)));
        refuse("only a block or a partial convolution can work in place",
                () -> Kernel.compileInPlace(conv(8, 8, 1, 3), new Shape(1, 8, 2, 2), options));
    }

    private static void refuse(String part, Executable action) {
        ShapeException refusal = assertThrows(ShapeException.class, action);
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    private void check(Conv conv, Shape src) {
        float[] x = TestData.gaussian(random, src.elements());
        FloatBuffer source = Golden.direct(x);
        FloatBuffer dst = Golden.floats(conv.dst(src).elements());
        try (Kernel kernel = compile(conv, src, Precision.F32)) {
            assertRuns(kernel.plan(), conv);
            kernel.run(source, dst);
        }
        assertArrayEquals(x, Golden.array(source), "the source has changed");
        Golden.assertClose(expected(conv, src, x), Golden.array(dst), 1e-5);
    }

    private Kernel compile(Layer layer, Shape src, Precision precision) {
        return Kernel.compile(layer, src, options.withBackend("onednn").withPrecision(precision));
    }

    /** Depthwise convolution has implementations of its own, many times faster than grouped ones with one channel per group. */
    private static void assertRuns(ExecutionPlan plan, Conv conv) {
        TestBackends.assertRuns("onednn", plan);
        assertEquals(1, plan.steps().size());
        int outputs = conv.weights().dim(0);
        boolean depthwise = outputs > 1 && conv.groups() == outputs && conv.weights().dim(1) == 1;
        String implementation = plan.steps().get(0).implementation();
        assertTrue(TestBackends.isSlow("onednn") || implementation.matches(depthwise ? "(brdgmm|jit)_dw:.*" : "(brg|jit).*"), implementation);
    }

    private static float[] expected(Conv conv, Shape src, float[] nhwc) {
        double[] nchw = NaiveLayers.run(List.of(new NamedLayer("c", conv)), src, TestData.nchw(nhwc, src), null).get(0);
        return TestData.nhwc(nchw, conv.dst(src));
    }

    private Conv conv(int inputs, int outputs, int groups, int size) {
        return new Conv(
                TestData.weights(random, outputs, inputs / groups, size, size), TestData.gaussian(random, outputs), groups);
    }
}
