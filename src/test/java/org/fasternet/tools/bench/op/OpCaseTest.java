package org.fasternet.tools.bench.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.Golden;
import org.fasternet.SessionOptions;
import org.fasternet.TestBackends;
import org.fasternet.TestData;
import org.fasternet.Variant;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Conv;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operator, ready to be timed, computes what it is called; and what makes caches cold. */
class OpCaseTest {
    private static final int SEED = 5;
    private final SessionOptions options = SessionOptions.defaults();

    @ParameterizedTest
    @ValueSource(strings = {"fused", "onednn"})
    void everyOperatorComputesItsLayer(String backend) {
        List<OperatorShape> shapes = new ArrayList<>(OperatorShapes.of(List.of(Variant.T0), 2, 32, 32));
        shapes.addAll(OperatorShapes.ofFeatureMap(new Shape(1, 19, 3, 4), Activation.RELU));
        for (OperatorShape shape : shapes) {
            Layer layer = shape.layer(SEED);
            if (layer instanceof Conv && backend.equals("fused")) {
                assertThrows(UnsupportedException.class, () -> OpCase.compile(shape, options.withBackend(backend), SEED));
                continue;
            }
            try (OpCase operator = OpCase.compile(shape, options.withBackend(backend), SEED)) {
                TestBackends.assertRuns(backend, operator.plan());
                assertEquals(OperatorCost.of(layer, shape.src(), Precision.F32), operator.cost());
                assertEquals(operator.cost().multiplyAdds(), operator.plan().multiplyAdds());
                operator.run();
                Golden.assertClose(expected(layer, shape.src()), Golden.array((FloatBuffer) operator.result()), 1e-5);
            }
        }
    }

    private static float[] expected(Layer layer, Shape src) {
        try (NativeTensor tensor = NativeTensor.random(src, Precision.F32.stored(), SEED)) {
            double[] x = TestData.nchw(Golden.array((FloatBuffer) tensor.buffer()), src);
            return TestData.nhwc(NaiveLayers.run(List.of(new NamedLayer("l", layer)), src, x, null).get(0), layer.dst(src));
        }
    }

    /** What works in place would otherwise overflow or reach denormals within a second. */
    @Test
    void manyRunsChangeNothingThatMatters() {
        for (OperatorShape shape : OperatorShapes.ofFeatureMap(new Shape(1, 16, 4, 4), Activation.GELU)) {
            try (OpCase operator = OpCase.compile(shape, options.withThreads(1), SEED)) {
                operator.run();
                float[] first = Golden.array((FloatBuffer) operator.result());
                for (int i = 0; i < 5_000; i++) {
                    operator.run();
                }
                Golden.assertClose(first, Golden.array((FloatBuffer) operator.result()), 1e-4);
            }
        }
    }

    @Test
    void weightsDependOnTheSeedAlone() {
        OperatorShape shape = OperatorShapes.paper().get(2);
        Conv one = (Conv) shape.layer(1);
        Golden.assertClose(one.weights().data(), ((Conv) shape.layer(1)).weights().data(), 0);
        assertFalse(one.weights().data()[0] == ((Conv) shape.layer(2)).weights().data()[0]);
    }

    @Test
    void aSweepReadsTwiceTheLastLevelCacheInEachThread() {
        List<Long> caches = List.of(32L << 10, 512L << 10, 32L << 20);
        assertEquals(new Shape(1, 32, 32768, 16), CacheFlusher.sweep(caches, 1, 0));
        assertEquals(64L << 20, 4L * new Shape(1, 32, 32768, 16).elements());
        assertEquals(new Shape(16, 32, 32768, 16), CacheFlusher.sweep(caches, 16, 64L << 30));
        // A quarter of 64 MiB.
        assertEquals(new Shape(2, 32, 4096, 16), CacheFlusher.sweep(caches, 2, 64L << 20));
        // 2^31 bytes are all that a buffer can hold: 128 threads get 16 MiB each, less what rounding takes.
        assertEquals(new Shape(128, 32, 8191, 16), CacheFlusher.sweep(caches, 128, 64L << 30));
        assertThrows(UnsupportedException.class, () -> CacheFlusher.sweep(List.of(), 1, 0));
    }

    @Test
    void aSweepRunsOnTheBackEndAndThreadsOfTheOperator() {
        for (OperatorShape shape : OperatorShapes.paper().subList(2, 4)) {
            try (OpCase operator = OpCase.compile(shape, options.withThreads(1), SEED);
                    CacheFlusher flusher = new CacheFlusher(operator.plan())) {
                ExecutionPlan sweep = flusher.plan();
                TestBackends.assertRuns(operator.plan().backend(), sweep);
                assertEquals(1, sweep.threads());
                flusher.flush();
                operator.run();
            }
        }
    }
}
