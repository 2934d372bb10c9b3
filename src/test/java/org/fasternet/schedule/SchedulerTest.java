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
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private final Random random = new Random(7);

    @Test
    void aNetworkOnSharedMemoryEqualsItsDefinition() {
        for (boolean detection : new boolean[] {false, true}) {
            FasterNetConfig config = new FasterNetConfig(3, 8, List.of(1, 2, 1), 4, 2, detection ? 0 : 12, detection ? 0 : 5,
                    Activation.RELU, true, true, detection);
            List<NamedLayer> layers = Chain.of(config, Checkpoint.random(config, 3).folded());
            Shape src = new Shape(2, 3, 23, 18);
            float[] input = TestData.gaussian(random, src.elements());
            Schedule schedule = Scheduler.schedule(spec(layers, src, Layout.nchw(src), false));
            List<float[]> actual = ScheduleInterpreter.run(schedule, input);
            List<double[]> expected = NaiveLayers.run(layers, src, TestData.doubles(input), null);
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                Golden.assertClose(TestData.floats(expected.get(i)), actual.get(i), 1e-5);
            }
        }
    }

    @Test
    void buffersShareMemory() {
        FasterNetConfig config = new FasterNetConfig(3, 8, List.of(2, 2, 2), 4, 2, 12, 5, Activation.RELU, false, true, false);
        List<NamedLayer> layers = Chain.of(config, Checkpoint.random(config, 3).folded());
        Shape src = new Shape(1, 3, 64, 64);
        Schedule schedule = Scheduler.schedule(spec(layers, src, Layout.nchw(src), false));
        long sum = schedule.buffers().stream().filter(b -> !b.external()).mapToLong(TensorBuffer::bytes).sum();
        long arena = ArenaPlan.of(schedule.lifetimes()).bytes();
        // The largest moment is the patch embedding: the image and stage 0. A block needs x, twice x and two slices of a quarter.
        long image = 64 * 64 * 3 * Float.BYTES;
        long x = 16 * 16 * 8 * Float.BYTES;
        assertEquals(image + x, arena);
        assertTrue(arena < sum / 2, arena + " of " + sum);
    }

    @Test
    void aBlockInPlaceTouchesItsSliceTwiceAndNothingElse() {
        Block block = block(8, 2, 16);
        Shape src = new Shape(1, 8, 5, 4);
        Schedule schedule = Scheduler.schedule(spec(List.of(new NamedLayer("b", block)), src, Layout.nhwc(src), true));
        assertEquals(List.of("b save", "b pconv", "b put", "b expand", "b restore", "b project"),
                schedule.steps().stream().map(Step::label).toList());
        float[] x = TestData.gaussian(random, src.elements());
        double[] expected = NaiveLayers.run(List.of(new NamedLayer("b", block)), src, TestData.nchw(x, src), null).get(0);
        ScheduleInterpreter.run(schedule, x);
        Golden.assertClose(TestData.nhwc(expected, src), x, 1e-5);
    }

    @Test
    void aGroupedConvolutionIsOneStep() {
        Shape src = new Shape(2, 6, 5, 4);
        Conv conv = new Conv(TestData.weights(random, 9, 2, 3, 3), TestData.gaussian(random, 9), 3);
        List<NamedLayer> layers = List.of(new NamedLayer("c", conv));
        Schedule schedule = Scheduler.schedule(spec(layers, src, Layout.nhwc(src), false));
        assertEquals(List.of("c"), schedule.steps().stream().map(Step::label).toList());
        assertEquals(conv.multiplyAdds(src), schedule.steps().get(0).multiplyAdds());
        float[] x = TestData.gaussian(random, src.elements());
        double[] expected = NaiveLayers.run(layers, src, TestData.nchw(x, src), null).get(0);
        Golden.assertClose(TestData.nhwc(expected, conv.dst(src)), ScheduleInterpreter.run(schedule, x).get(0), 1e-5);
    }

    @Test
    void outOfPlaceNeverWritesToItsSource() {
        Shape src = new Shape(1, 8, 5, 4);
        Schedule schedule = Scheduler.schedule(spec(List.of(new NamedLayer("b", block(8, 2, 16))), src, Layout.nhwc(src), false));
        assertTrue(schedule.steps().stream().noneMatch(step -> step.dst().buffer().place() == TensorBuffer.Place.SRC));
    }

    @Test
    void whatCannotWorkInPlaceIsRefused() {
        Shape src = new Shape(1, 8, 5, 4);
        NamedLayer pointwise = new NamedLayer("p", Pointwise.of(8, 8, new float[64]));
        assertThrows(ShapeException.class, () -> Scheduler.schedule(spec(List.of(pointwise), src, Layout.nhwc(src), true)));
        NamedLayer residual = new NamedLayer("p", Pointwise.of(8, 8, new float[64]).withResidual());
        ProgramSpec two = spec(List.of(residual, residual), src, Layout.nhwc(src), false);
        assertThrows(ShapeException.class, () -> Scheduler.schedule(two));
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
