package org.fasternet.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.Golden;
import org.fasternet.array.Npy;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.layer.Chain;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the steps of both schedules compute, done with plain loops, is what PyTorch does: the GPU's order without a GPU. */
class GoldenScheduleTest {
    /** What pads the parts of a sliding row: nothing, or to whole vectors of 16-bit elements. */
    private static final int[] GRANULES = {1, 8};
    /** T0's 15 MB are not in this repository. */
    private static final Path T0 = Path.of("../shared/golden/t0");

    @ParameterizedTest
    @ValueSource(strings = {"nano-relu", "odd-gelu", "layer-scale", "three-stages-gray", "half-weights"})
    void logitsAreThoseOfPyTorch(String name) {
        check(Golden.file(name), List.of("logits.npy"));
    }

    @ParameterizedTest
    @ValueSource(strings = "features")
    void featureMapsAreThoseOfPyTorch(String name) {
        check(Golden.file(name), List.of("features0.npy", "features1.npy", "features2.npy", "features3.npy"));
    }

    @ParameterizedTest
    @ValueSource(strings = "logits.npy")
    void theLogitsOfT0AreThoseOfPyTorch(String name) {
        assumeTrue(Files.exists(T0), T0 + " is not there");
        check(T0, List.of(name));
    }

    private static void check(Path folder, List<String> outputs) {
        Checkpoint checkpoint = Checkpoint.read(folder.resolve("official.pth"));
        List<NamedLayer> layers = Chain.of(checkpoint.config(), checkpoint.folded());
        Tensor input = Npy.read(folder.resolve("input.npy"));
        Shape src = Golden.shape(input);
        ProgramSpec spec = new ProgramSpec(Network.of(layers), src, ElementType.F32, Layout.nchw(src), ElementType.F32, false,
                Precision.F32, Optional.empty(), 1, 0, 0, false);
        List<Schedule> schedules = new ArrayList<>(List.of(Scheduler.schedule(spec)));
        for (int granule : GRANULES) {
            schedules.add(SlidingRowScheduler.schedule(spec, granule));
        }
        for (Schedule schedule : schedules) {
            List<float[]> results = ScheduleInterpreter.run(schedule, input.data().clone());
            assertEquals(outputs.size(), results.size());
            for (int i = 0; i < results.size(); i++) {
                Golden.assertClose(Npy.read(folder.resolve(outputs.get(i))).data(), results.get(i), Golden.F32_TOLERANCE);
            }
        }
    }
}
