package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.refusal;
import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.fasternet.error.InvalidFileException;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A golden network under the names that training scripts and detectors give it. */
class StateSelectionTest {
    private static final Checkpoint GOLDEN = Checkpoint.read(resource("golden", "nano-relu", "official.pth"));
    private static final Map<String, Tensor> STORED = StateDictReader.read(resource("golden", "nano-relu", "timm.safetensors"));
    private static final Tensor OTHER = new Tensor(new int[] {2}, new float[2]);

    @TempDir
    Path folder;

    private Path file(Map<String, Tensor> tensors) {
        Path file = folder.resolve("m.safetensors");
        SafetensorsWriter.write(file, tensors, DType.F32, Map.of());
        return file;
    }

    private static Map<String, Tensor> renamed(UnaryOperator<String> name) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        STORED.forEach((key, tensor) -> tensors.put(name.apply(key), tensor));
        return tensors;
    }

    private static void assertGolden(Checkpoint checkpoint) {
        assertEquals(GOLDEN.weights().keySet(), checkpoint.weights().keySet());
        checkpoint.weights().forEach((key, tensor) -> assertArrayEquals(GOLDEN.weights().get(key).data(), tensor.data(), key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "net.", "encoder.", "model.backbone.", "_orig_mod.", "module.model._orig_mod.", "a.b.c.d.e.f."})
    void anyPrefixIsRecognised(String prefix) {
        Checkpoint checkpoint = Checkpoint.read(file(renamed(key -> prefix + key)));
        assertGolden(checkpoint);
        assertEquals(new StateOrigin(StoredKey.plain(prefix + "x").replaceAll("\\.?x$", ""), List.of(), Map.of()),
                checkpoint.origin());
    }

    @Test
    void compiledSubmodulesAreRecognised() {
        assertGolden(Checkpoint.read(file(renamed(key -> key.replace("stages.0.", "stages.0._orig_mod.")))));
    }

    @Test
    void aDetectorsOtherPartsAreLeftOutAndCounted() {
        for (String prefix : List.of("", "model.", "a.b.")) {
            Map<String, Tensor> detector = renamed(key -> prefix + "backbone." + key);
            detector.put(prefix + "neck.lateral.0.weight", OTHER);
            detector.put(prefix + "neck.lateral.1.weight", OTHER);
            detector.put(prefix + "bbox_head.cls.weight", OTHER);
            Checkpoint checkpoint = Checkpoint.read(file(detector));
            assertGolden(checkpoint);
            assertEquals(Map.of("neck", 2, "bbox_head", 1), checkpoint.origin().leftOut());
            assertEquals("2 of 'neck', 1 of 'bbox_head'", checkpoint.origin().leftOutText());
        }
    }

    @Test
    void whatStandsUnderThePrefixMustFit() {
        Map<String, Tensor> detector = renamed(key -> "backbone." + key);
        detector.put("backbone.neck.weight", OTHER);
        detector.remove("backbone.classifier.bias");
        detector.put("neck.weight", OTHER);
        assertEquals("'backbone.classifier.bias' is missing; 'backbone.neck.weight' is not expected",
                refusal(file(detector), Checkpoint::read));
    }

    /** By mmcv's hook beside the keys, by other trainers' at a place of their own. */
    @Test
    void averagesAreNotTakenUnlessAskedFor() {
        Map<String, Tensor> hooked = renamed(key -> key);
        hooked.putAll(renamed(key -> "ema_" + key.replace('.', '_')));
        Checkpoint withHook = Checkpoint.read(file(hooked));
        assertGolden(withHook);
        assertEquals(Map.of("ema", STORED.size()), withHook.origin().leftOut());

        Map<String, Tensor> both = renamed(key -> "model." + key);
        Tensor embedding = STORED.get("patch_embed.proj.weight");
        float[] doubled = embedding.data().clone();
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] *= 2;
        }
        both.putAll(renamed(key -> "model_ema.module." + key));
        both.put("model_ema.module.patch_embed.proj.weight", new Tensor(embedding.shape(), doubled));
        Path file = file(both);
        Checkpoint plain = Checkpoint.read(file);
        assertGolden(plain);
        assertEquals(List.of("model_ema.module"), plain.origin().others());
        for (String asked : List.of("model_ema", "model_ema.module")) {
            Checkpoint average = Checkpoint.read(file, CheckpointOptions.none().withState(asked));
            assertArrayEquals(doubled, average.weights().get("patch_embed.proj.weight").data());
            assertEquals("model_ema.module", average.origin().place());
        }
        String missing = refusal(file, path -> Checkpoint.read(path, CheckpointOptions.none().withState("swa")));
        assertTrue(missing.endsWith("has no network at 'swa'; there are: 'model', 'model_ema.module'"), missing);
    }

    @Test
    void ofTwoNetworksNoneIsGuessed() {
        Map<String, Tensor> both = renamed(key -> "student." + key);
        both.putAll(renamed(key -> "online." + key));
        String refused = refusal(file(both), Checkpoint::read);
        assertTrue(refused.contains("holds several networks, and which is meant is not said: 'student', 'online'; --state"), refused);
        both.remove("online.classifier.bias"); // does not fit
        Checkpoint fitting = Checkpoint.read(file(both));
        assertGolden(fitting);
        assertEquals("student", fitting.origin().place());
    }

    @Test
    void aNetworkWithinAPlaceIsNotPartOfIt() {
        Map<String, Tensor> nested = renamed(key -> key);
        nested.putAll(renamed(key -> "ema." + key));
        Checkpoint checkpoint = Checkpoint.read(file(nested));
        assertGolden(checkpoint);
        assertEquals(List.of("ema"), checkpoint.origin().others());
    }

    @Test
    void countersAndIntegersAreLeftOutAndAnIntegerWeightIsNamed() {
        StateDict dict = StateDicts.of(renamed(key -> key));
        dict.tensors().remove("classifier.weight");
        dict.addIntegers(new StoredKey("", "classifier.weight", "I8"));
        String refused = assertThrows(InvalidFileException.class,
                () -> Checkpoint.of("F", dict, ModelCard.empty(), Optional.empty())).getMessage();
        assertEquals("F: 'classifier.weight' holds integers (I8), floating point is expected", refused);
        Map<String, Tensor> profiled = renamed(key -> key);
        profiled.put("total_ops", OTHER);
        profiled.put("stages.0.blocks.0.total_params", OTHER);
        assertGolden(Checkpoint.read(file(profiled)));
    }

    @Test
    void aThousandEmbeddingsAreTooMany() {
        Map<String, Tensor> many = new LinkedHashMap<>();
        for (int i = 0; i < 1000; i++) {
            many.put(i + ".patch_embed.proj.weight", OTHER);
        }
        String refused = refusal(file(many), Checkpoint::read);
        assertTrue(refused.contains("has more than 64 patch embeddings"), refused);
    }
}
