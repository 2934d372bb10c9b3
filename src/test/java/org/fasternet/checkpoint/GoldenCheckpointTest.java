package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.fasternet.Variant;
import org.fasternet.image.Preprocessing;
import org.fasternet.image.Preprocessing.Interpolation;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch wrote, described by what their config.json says, spelled out here by hand. */
class GoldenCheckpointTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Path SHARED = Path.of("../shared");

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("features", new FasterNetConfig(
                        3, 16, List.of(1, 1, 2, 1), 4, 2, 0, 0, Activation.RELU, false, true, true)),
                Arguments.of("half-weights", new FasterNetConfig(
                        3, 16, List.of(1, 1, 1, 1), 4, 2, 64, 10, Activation.GELU, false, true, false)),
                Arguments.of("layer-scale", new FasterNetConfig(
                        3, 24, List.of(1, 1, 1, 1), 2, 3, 64, 5, Activation.RELU, true, true, false)),
                Arguments.of("nano-relu", new FasterNetConfig(
                        3, 16, List.of(1, 1, 2, 1), 4, 2, 64, 10, Activation.RELU, false, true, false)),
                Arguments.of("odd-gelu", new FasterNetConfig(
                        3, 20, List.of(1, 2, 1, 1), 4, 2, 48, 7, Activation.GELU, false, true, false)),
                Arguments.of("three-stages-gray", new FasterNetConfig(
                        1, 16, List.of(1, 2, 1), 4, 2, 32, 4, Activation.RELU, false, false, false)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void infersTheConfiguration(String name, FasterNetConfig expected) {
        Checkpoint checkpoint = Checkpoint.read(GOLDEN.resolve(name).resolve("official.pth"));
        assertEquals(expected, checkpoint.config());
        assertEquals(expected.activation().id() + ", from config.json", checkpoint.activationSource());
        assertEquals(Preprocessing.imagenet(expected.inChannels()), checkpoint.preprocessing());
        assertEquals(List.of(), checkpoint.labels());
    }

    @ParameterizedTest
    @ValueSource(strings = {"half-weights", "layer-scale", "nano-relu", "odd-gelu", "three-stages-gray"})
    void readsTheSameFromBothVocabularies(String name) {
        Map<String, Tensor> official = Checkpoint.read(GOLDEN.resolve(name).resolve("official.pth")).weights();
        Map<String, Tensor> timm = Checkpoint.read(GOLDEN.resolve(name).resolve("timm.safetensors")).weights();
        assertEquals(new ArrayList<>(official.keySet()), new ArrayList<>(timm.keySet()));
        official.forEach((key, tensor) -> {
            assertArrayEquals(tensor.shape(), timm.get(key).shape(), key);
            assertArrayEquals(tensor.data(), timm.get(key).data(), key);
        });
    }

    @Test
    void readsTheDemoWithItsConfiguration() {
        Path file = SHARED.resolve("demo/model.safetensors");
        assumeTrue(Files.exists(file));
        Checkpoint demo = Checkpoint.read(file);
        assertEquals(new FasterNetConfig(1, 24, List.of(1, 2, 3, 1), 4, 2, 192, 10, Activation.RELU, false, true, false),
                demo.config());
        assertEquals(new Preprocessing(56, 56, List.of(0.286), List.of(0.353), 1.0, Interpolation.BICUBIC),
                demo.preprocessing());
        assertEquals(10, demo.labels().size());
        assertEquals("Ankle boot", demo.labels().get(9));
        assertEquals(457_054, demo.parameterCount());
    }

    @Test
    void infersT0WithThePublishedActivation() {
        Path file = SHARED.resolve("golden/t0/official.pth");
        assumeTrue(Files.exists(file));
        Checkpoint t0 = Checkpoint.read(file);
        assertEquals(Variant.T0.config(), t0.config());
        assertEquals("gelu, the published rule for embed_dim 40", t0.activationSource());
    }
}
