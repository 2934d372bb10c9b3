package org.fasternet.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.fasternet.Golden;
import org.fasternet.TestData;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Chain;
import org.fasternet.layer.Conv;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlidingRowSchedulerTest {
    private final Random random = new Random(7);

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 8})
    void aNetworkOnSlidingRowsEqualsItsDefinition(int granule) {
        for (boolean detection : new boolean[] {false, true}) {
            for (int div : new int[] {1, 2, 4}) {
                FasterNetConfig config = new FasterNetConfig(3, 12, List.of(1, 2, 0, 1), div, 2, detection ? 0 : 13,
                        detection ? 0 : 5, Activation.RELU, true, true, detection);
                List<NamedLayer> layers = Chain.of(config, Checkpoint.random(config, 3).folded());
                check(layers, new Shape(2, 3, 39, 34), granule, true);
            }
        }
    }

    @Test
    void aBlockIsThreeStepsAndNoCopy() {
        FasterNetConfig config = new FasterNetConfig(3, 40, List.of(1, 2), 4, 2, 16, 8, Activation.RELU, false, true, false);
        List<NamedLayer> layers = Chain.of(config, Checkpoint.random(config, 3).folded());
        Shape src = new Shape(1, 3, 32, 32);
        Schedule schedule = SlidingRowScheduler.schedule(spec(layers, src, Layout.nchw(src), false), 8);
        assertEquals(List.of("patch_embed patches", "patch_embed",
                "stages.0.blocks.0 pconv", "stages.0.blocks.0 expand", "stages.0.blocks.0 project", "stages.1",
                "stages.2.blocks.0 pconv", "stages.2.blocks.0 expand", "stages.2.blocks.0 project",
                "stages.2.blocks.1 pconv", "stages.2.blocks.1 expand", "stages.2.blocks.1 project",
                "pool", "head.features", "head", "dst"), schedule.steps().stream().map(Step::label).toList());
        long definition = 0;
        Shape shape = src;
        for (NamedLayer layer : layers) {
            definition += layer.layer().multiplyAdds(shape);
            shape = layer.layer().dst(shape);
        }
        assertEquals(definition, schedule.steps().stream().mapToLong(Step::multiplyAdds).sum(), "padding is not counted");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void singleLayersEqualTheirDefinitions(int granule) {
        Shape src = new Shape(2, 9, 5, 4);
        for (Layer layer : List.of(block(9, 4, 11), block(9, 9, 8), new PartialConv(9, TestData.weights(random, 3, 3, 3, 3)),
                new Pool(), new Conv(TestData.weights(random, 6, 3, 3, 3), TestData.gaussian(random, 6), 3),
                Pointwise.of(7, 9, TestData.gaussian(random, 63)).withBias(TestData.gaussian(random, 7)))) {
            check(List.of(new NamedLayer("l", layer)), src, granule, false);
        }
        check(List.of(new NamedLayer("a", block(9, 4, 11)), new NamedLayer("b", block(9, 2, 11)),
                new NamedLayer("c", new PartialConv(9, TestData.weights(random, 2, 2, 3, 3))),
                new NamedLayer("d", new Conv(TestData.weights(random, 9, 9, 3, 3), TestData.gaussian(random, 9), 1)),
                new NamedLayer("e", block(9, 1, 4))), src, granule, false);
    }

    /** The order in which the back end for GPUs runs them, interpreted. */
    @ParameterizedTest
    @MethodSource("org.fasternet.ChainTest#chains")
    void chainsOnSlidingRowsEqualTheirDefinitions(List<NamedLayer> chain) {
        for (int granule : new int[] {1, 4, 8}) {
            check(chain, new Shape(2, 16, 9, 10), granule, false);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void inPlaceWritesOnlyWhatTheLayerChanges(int granule) {
        Shape src = new Shape(2, 9, 5, 4);
        for (Layer layer : List.of(block(9, 4, 11), new PartialConv(9, TestData.weights(random, 3, 3, 3, 3)))) {
            List<NamedLayer> layers = List.of(new NamedLayer("l", layer));
            Schedule schedule = SlidingRowScheduler.schedule(spec(layers, src, Layout.nhwc(src), true), granule);
            float[] x = TestData.gaussian(random, src.elements());
            double[] expected = NaiveLayers.run(layers, src, TestData.nchw(x, src), null).get(0);
            ScheduleInterpreter.run(schedule, x);
            Golden.assertClose(TestData.nhwc(expected, src), x, 1e-5);
            long written = schedule.steps().stream().filter(s -> s.dst().buffer().place() == TensorBuffer.Place.SRC)
                    .mapToLong(s -> s.dst().channels()).sum();
            assertEquals(layer instanceof Block ? 9 : 3, written);
        }
    }

    @Test
    void whatCannotWorkInPlaceIsRefused() {
        Shape src = new Shape(1, 8, 5, 4);
        NamedLayer pointwise = new NamedLayer("p", Pointwise.of(8, 8, new float[64]));
        assertThrows(ShapeException.class, () -> SlidingRowScheduler.schedule(spec(List.of(pointwise), src, Layout.nhwc(src), true), 8));
        NamedLayer residual = new NamedLayer("p", Pointwise.of(8, 8, new float[64]).withResidual());
        ProgramSpec two = spec(List.of(residual, residual), src, Layout.nhwc(src), false);
        assertThrows(ShapeException.class, () -> SlidingRowScheduler.schedule(two, 8));
    }

    @Test
    void outOfPlaceNeverWritesToItsSource() {
        Shape src = new Shape(1, 8, 5, 4);
        Schedule schedule = SlidingRowScheduler.schedule(
                spec(List.of(new NamedLayer("b", block(8, 2, 16))), src, Layout.nhwc(src), false), 1);
        assertTrue(schedule.steps().stream().noneMatch(step -> step.dst().buffer().place() == TensorBuffer.Place.SRC));
    }

    private void check(List<NamedLayer> layers, Shape src, int granule, boolean planes) {
        float[] nchw = TestData.gaussian(random, src.elements());
        Layout layout = planes ? Layout.nchw(src) : Layout.nhwc(src);
        Schedule schedule = SlidingRowScheduler.schedule(spec(layers, src, layout, false), granule);
        List<float[]> actual = ScheduleInterpreter.run(schedule, planes ? nchw : TestData.nhwc(TestData.doubles(nchw), src));
        List<double[]> expected = NaiveLayers.run(layers, src, TestData.doubles(nchw), null);
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            TensorBuffer dst = schedule.dsts().get(i);
            boolean nhwc = dst.layout().equals(Layout.nhwc(dst.shape()));
            float[] wanted = nhwc ? TestData.nhwc(expected.get(i), dst.shape()) : TestData.floats(expected.get(i));
            Golden.assertClose(wanted, actual.get(i), 1e-5);
        }
    }

    private static ProgramSpec spec(List<NamedLayer> layers, Shape src, Layout layout, boolean inPlace) {
        return new ProgramSpec(Network.of(layers), src, ElementType.F32, layout, ElementType.F32, inPlace, Precision.F32,
                Optional.empty(), 1, 0, 0, false);
    }

    private Block block(int channels, int partial, int hidden) {
        return new Block(
                new PartialConv(channels, TestData.weights(random, partial, partial, 3, 3)),
                TestData.weights(random, hidden, channels),
                TestData.gaussian(random, hidden),
                Activation.RELU,
                TestData.weights(random, channels, hidden));
    }
}
