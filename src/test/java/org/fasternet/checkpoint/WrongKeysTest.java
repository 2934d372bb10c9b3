package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every small damage to a valid state dict is either named or makes another network that is consistent in itself. */
class WrongKeysTest {
    private static final FasterNetConfig CLASSIFIER =
            new FasterNetConfig(3, 8, List.of(1, 2, 1), 4, 2, 12, 5, Activation.RELU, false, true, false);
    private static final FasterNetConfig LAYER_SCALE =
            new FasterNetConfig(1, 8, List.of(2, 1), 2, 3, 12, 0, Activation.RELU, true, false, false);
    private static final FasterNetConfig DETECTION =
            new FasterNetConfig(3, 8, List.of(1, 1), 4, 2, 0, 0, Activation.RELU, false, true, true);

    /** Tensors whose first size nothing but the other tensor knows: the fault may be in either. */
    private static final Map<String, String> PARTNERS = Map.of(
            "avgpool_pre_head.1.weight", "head.weight", "head.weight", "head.bias", "conv_head.weight", "classifier.weight",
            "classifier.weight", "classifier.bias");

    static Stream<Arguments> stateDicts() {
        Map<String, Map<String, Tensor>> dicts = new TreeMap<>();
        dicts.put("classifier", Checkpoint.random(CLASSIFIER, 1).weights());
        dicts.put("classifier folded", Checkpoint.random(CLASSIFIER, 1).folded());
        dicts.put("layer scale", Checkpoint.random(LAYER_SCALE, 1).weights());
        dicts.put("layer scale folded", Checkpoint.random(LAYER_SCALE, 1).folded());
        dicts.put("detection", Checkpoint.random(DETECTION, 1).weights());
        dicts.put("detection folded", Checkpoint.random(DETECTION, 1).folded());
        Map<String, Tensor> timm = new LinkedHashMap<>();
        KeyNames names = new KeyNames("module.model.", true);
        dicts.get("classifier").forEach((key, tensor) -> timm.put(names.inFile(key), tensor));
        dicts.put("timm", timm);
        return dicts.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    private static Checkpoint read(Map<String, Tensor> stored) {
        return Checkpoint.of("F.pth", StateDicts.of(stored), ModelCard.empty(), Optional.empty());
    }

    private static String refusal(Map<String, Tensor> stored) {
        String message = assertThrows(InvalidFileException.class, () -> read(stored)).getMessage();
        assertTrue(message.startsWith("F.pth: "), message);
        return message;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stateDicts")
    void undamagedIsRead(String name, Map<String, Tensor> valid) {
        assertEquals(valid.size(), read(valid).weights().size());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stateDicts")
    void aRemovedOrRenamedKeyIsNamed(String name, Map<String, Tensor> valid) {
        for (String key : valid.keySet()) {
            Map<String, Tensor> damaged = new LinkedHashMap<>(valid);
            Tensor tensor = damaged.remove(key);
            assertNamedOrConsistent(key, damaged);
            damaged.put(key + "s", tensor);
            assertTrue(refusal(damaged).contains("'" + key + "s' is not expected"), key);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stateDicts")
    void anExtraKeyIsNamed(String name, Map<String, Tensor> valid) {
        String prefix = name.equals("timm") ? "module.model." : "";
        for (String extra : List.of("", "x", "norm99.weight", "stages", "stages.", "stages.0.blocks.0.mlp.2.weight",
                "stages.0.blocks.7.x", "stages.00.blocks.00.mlp.0.weight", "stages.99.x", "stages.98.blocks.0.x",
                "stages.-1.x", "stages.9999999999999.x", "patch_embed.proj.weight ", "head.scale", "conv_head.bias",
                "stages.0.blocks.0.layer_scales")) {
            Map<String, Tensor> damaged = new LinkedHashMap<>(valid);
            damaged.put(prefix + extra, vector(1));
            String message = refusal(damaged);
            assertTrue(message.contains("'" + prefix + extra + "' is not expected"), extra + " in: " + message);
        }
    }

    @Test
    void aStrayLayerScaleIsNamed() {
        Map<String, Tensor> damaged = new LinkedHashMap<>(Checkpoint.random(CLASSIFIER, 1).weights());
        damaged.put("stages.0.blocks.0.layer_scale", vector(8));
        assertEquals("F.pth: 'stages.0.blocks.0.layer_scale' is not expected", refusal(damaged));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stateDicts")
    void eachWrongSizeIsNamed(String name, Map<String, Tensor> valid) {
        for (Map.Entry<String, Tensor> entry : valid.entrySet()) {
            for (int axis = 0; axis < entry.getValue().rank(); axis++) {
                for (int change : new int[] {-1, 1}) {
                    int[] shape = entry.getValue().shape();
                    shape[axis] += change;
                    assertShapeNamedOrConsistent(valid, entry.getKey(), shape);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("stateDicts")
    void eachWrongRankIsNamed(String name, Map<String, Tensor> valid) {
        for (Map.Entry<String, Tensor> entry : valid.entrySet()) {
            int[] shape = entry.getValue().shape();
            assertShapeNamedOrConsistent(valid, entry.getKey(), Arrays.copyOf(shape, shape.length - 1));
            int[] longer = Arrays.copyOf(shape, shape.length + 1);
            longer[shape.length] = 1;
            assertShapeNamedOrConsistent(valid, entry.getKey(), longer);
        }
    }

    private static void assertShapeNamedOrConsistent(Map<String, Tensor> valid, String key, int[] shape) {
        Map<String, Tensor> damaged = new LinkedHashMap<>(valid);
        damaged.put(key, new Tensor(shape, new float[Tensor.elements(shape)]));
        assertNamedOrConsistent(key, damaged);
    }

    private static void assertNamedOrConsistent(String key, Map<String, Tensor> damaged) {
        String message;
        try {
            Checkpoint checkpoint = read(damaged);
            Checkpoint.random(checkpoint.config(), 1).weights().forEach((k, tensor) -> {
                if (checkpoint.weights().containsKey(k) && !k.endsWith(".weight")) {
                    assertEquals(tensor.toString(), checkpoint.weights().get(k).toString(), k);
                }
            });
            return;
        } catch (InvalidFileException e) {
            message = e.getMessage();
        }
        String bare = key.replace("module.model.", "");
        assertTrue(message.contains("'" + key + "'") || message.contains(PARTNERS.getOrDefault(bare, key) + "'"),
                key + " in: " + message);
    }

    @Test
    void bothShapesAreSaid() {
        Map<String, Tensor> damaged = new LinkedHashMap<>(Checkpoint.random(CLASSIFIER, 1).weights());
        damaged.put("stages.0.blocks.0.mlp.0.weight", new Tensor(new int[] {14, 8, 1, 1}, new float[112]));
        assertEquals("F.pth: 'stages.0.blocks.0.mlp.0.weight' has shape [14, 8, 1, 1], [16, 8, 1, 1] is expected",
                refusal(damaged));
    }

    @Test
    void aGapBetweenBlocksIsNamed() {
        Map<String, Tensor> damaged = new LinkedHashMap<>();
        Checkpoint.random(CLASSIFIER, 1).weights().forEach(
                (key, tensor) -> damaged.put(key.replace("stages.2.blocks.1", "stages.2.blocks.2"), tensor));
        String message = refusal(damaged);
        assertTrue(message.contains("'stages.2.blocks.1.mlp.3.weight' is missing"), message);
        assertTrue(message.contains("'stages.2.blocks.2.spatial_mixing.partial_conv3.weight' is not expected"), message);
    }

    @Test
    void absurdNumbersCostNothing() {
        Map<String, Tensor> damaged = new LinkedHashMap<>(Checkpoint.random(CLASSIFIER, 1).weights());
        for (String key : List.of("stages.999999999.x", "stages.999999998.blocks.999999999.x", "stages.0.blocks.999999999.x",
                "stages.0.blocks." + "9".repeat(100_000) + ".x")) {
            damaged.put(key, vector(1));
        }
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> assertTrue(refusal(damaged).length() < 2000));
    }

    @Test
    void aMillionWrongKeysAreCounted() {
        Map<String, Tensor> damaged = new LinkedHashMap<>();
        for (int i = 0; i < 100_000; i++) {
            damaged.put("stages." + i + ".reduction.weight", vector(1));
        }
        assertEquals("F.pth: keys name 50000 mergings between stages, at most 15 are possible", refusal(damaged));
        damaged.keySet().removeIf(key -> !key.matches("stages\\.\\d*[02468]\\..*"));
        String message = refusal(damaged);
        assertTrue(message.length() < 2000 && message.contains("; and so on, 50000 in all"), message);
    }

    @Test
    void twoNamesOfOneParameterAreRefused() {
        Map<String, Tensor> damaged = new LinkedHashMap<>();
        KeyNames timm = new KeyNames("", true);
        Checkpoint.random(CLASSIFIER, 1).weights().forEach((key, tensor) -> damaged.put(timm.inFile(key), tensor));
        damaged.put("head.bias", vector(5));
        assertEquals("F.pth: 'classifier.bias' and 'head.bias' are two names of one parameter", refusal(damaged));
    }

    @Test
    void hugeAndEmptyTensorsAreRefused() {
        Map<String, Tensor> damaged = new LinkedHashMap<>();
        Checkpoint.random(DETECTION, 1).weights().forEach((key, tensor) -> damaged.put(key, resized(tensor, Integer.MAX_VALUE)));
        assertTrue(refusal(damaged).contains("more than 2^20 channels"));
        damaged.replaceAll((key, tensor) -> resized(tensor, 0));
        assertTrue(refusal(damaged).contains("mlpRatio is 0.5"));
    }

    /** The same rank, all sizes 0 but the first. */
    private static Tensor resized(Tensor tensor, int first) {
        int[] shape = new int[Math.max(tensor.rank(), 2)];
        shape[0] = first;
        return new Tensor(tensor.rank() == 1 ? new int[] {0} : shape, new float[0]);
    }

    private static Tensor vector(int size) {
        return new Tensor(new int[] {size}, new float[size]);
    }
}
