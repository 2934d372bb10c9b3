package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations, made into tensors of their shapes, are found again. */
class InferenceTest {
    private static FasterNetConfig inferred(FasterNetConfig config) {
        Map<String, Tensor> weights = Checkpoint.random(config, 0).weights();
        return Inference.config(Inference.structure(weights.keySet()), weights);
    }

    private static FasterNetConfig config(int embedDim, List<Integer> depths, int nDiv, double ratio) {
        return new FasterNetConfig(1, embedDim, depths, nDiv, ratio, 3, 2, Activation.published(embedDim), false, true, false);
    }

    @Test
    void anyNumberOfStages() {
        for (int stages = 1; stages <= 8; stages++) {
            FasterNetConfig config = config(2, IntStream.range(0, stages).map(i -> (i + 1) % 3).boxed().toList(), 1, 1);
            assertEquals(config, inferred(config));
        }
        FasterNetConfig deepest = config(1, IntStream.range(0, 16).map(i -> i == 0 ? 1 : 0).boxed().toList(), 1, 1);
        Structure structure = Structure.of(deepest);
        assertEquals(deepest.depths(), Inference.structure(keys(structure)).depths());
    }

    private static Set<String> keys(Structure structure) {
        return structure.parameters().stream().map(Parameter::key).collect(Collectors.toSet());
    }

    @Test
    void everyFlagAndForm() {
        for (int bits = 0; bits < 32; bits++) {
            boolean detection = (bits & 4) != 0;
            Structure structure = new Structure(List.of(1, 0, 2), (bits & 1) != 0, (bits & 2) != 0, detection,
                    (bits & 8) != 0 && !detection, (bits & 16) != 0);
            Structure found = Inference.structure(keys(structure));
            assertEquals(keys(structure), keys(found));
            assertEquals(structure.folded(), found.folded());
        }
    }

    /** The oracle tries every divisor from 1 up on every stage. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 13, 16, 33})
    void theSmallestDivisorThatFits(int nDiv) {
        for (int embedDim = nDiv; embedDim <= 33; embedDim++) {
            FasterNetConfig config = config(embedDim, List.of(1, 0, 1), nDiv, 1);
            int smallest = IntStream.rangeClosed(1, embedDim).filter(n -> IntStream.range(0, 3)
                    .allMatch(stage -> config.channels(stage) / n == config.partialChannels(stage))).findFirst().orElseThrow();
            assertEquals(smallest, inferred(config).nDiv(), "embed_dim " + embedDim);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.575, 1, 1.1, 1.5, 2, 2.3, 2.5, 8 / 3.0, 3, 3.14159265, 4})
    void aRatioThatGivesTheSameNetwork(double ratio) {
        for (int embedDim : new int[] {2, 3, 7, 16, 25, 33, 40}) {
            FasterNetConfig config = config(embedDim, List.of(1, 1, 1), 1, ratio);
            double found = inferred(config).mlpRatio();
            for (int stage = 0; stage < 3; stage++) {
                assertEquals(config.hiddenChannels(stage), (int) (config.channels(stage) * found),
                        "embed_dim " + embedDim + ", ratio " + found);
            }
            assertTrue(Double.toString(found).length() <= Double.toString(ratio).length(), "ratio " + found);
        }
    }
}
