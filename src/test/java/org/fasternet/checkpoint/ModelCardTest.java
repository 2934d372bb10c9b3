package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.error.InvalidFileException;
import org.fasternet.image.Preprocessing;
import org.fasternet.image.Preprocessing.Interpolation;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCardTest {
    private static final FasterNetConfig CONFIG =
            new FasterNetConfig(3, 40, List.of(1, 1), 4, 2, 6, 2, Activation.GELU, true, true, false);

    @TempDir
    Path folder;

    private static Checkpoint with(String json, Optional<Activation> asked) {
        ModelCard card = ModelCard.parse("c.json", "dir/c.json", json);
        return Checkpoint.of("F.pth", StateDicts.of(Checkpoint.random(CONFIG, 1).weights()), card, asked);
    }

    private static String refusal(String json) {
        return assertThrows(InvalidFileException.class, () -> with(json, Optional.empty())).getMessage();
    }

    @Test
    void theActivationIsTheCardsElseAsAskedElsePublished() {
        String relu = "{'act_layer': 'RELU'}".replace('\'', '"');
        assertEquals("relu, from c.json", with(relu, Optional.empty()).activationSource());
        assertEquals("relu, from c.json", with(relu, Optional.of(Activation.RELU)).activationSource());
        assertEquals("relu, as asked", with("{}", Optional.of(Activation.RELU)).activationSource());
        assertEquals(Activation.RELU, with("{}", Optional.of(Activation.RELU)).config().activation());
        assertEquals("gelu, the published rule for embed_dim 40", with("{}", Optional.empty()).activationSource());
        assertEquals("F.pth: the activation is relu according to c.json, but gelu was asked for",
                assertThrows(InvalidFileException.class, () -> with(relu, Optional.of(Activation.GELU))).getMessage());
    }

    @Test
    void readsTimmsForm() {
        String json = """
                {"architecture": "fasternet_t0", "num_classes": 2, "num_features": 80,
                 "model_args": {"act_layer": "relu", "embed_dim": 40, "depths": [1, 1], "n_div": null},
                 "pretrained_cfg": {"input_size": [3, 64, 96], "interpolation": "bilinear", "crop_pct": 0.875,
                                    "mean": [0.5, 0.4, 0.3], "std": [1, 2, 3], "label_names": ["cat", "dog"]}}""";
        Checkpoint checkpoint = with(json, Optional.empty());
        assertEquals(new Preprocessing(64, 96, List.of(0.5, 0.4, 0.3), List.of(1.0, 2.0, 3.0), 0.875, Interpolation.BILINEAR),
                checkpoint.preprocessing());
        assertEquals(List.of("cat", "dog"), checkpoint.labels());
        assertEquals(CONFIG.withActivation(Activation.RELU), checkpoint.config());
    }

    @Test
    void readsOtherDivisorsAndRatiosOfTheSameNetwork() {
        with("{\"n_div\": 4, \"mlp_ratio\": 2.001}", Optional.empty());
    }

    @Test
    void foldedWeightsDoNotContradictALayerScale() {
        ModelCard card = ModelCard.parse("c.json", "dir/c.json", "{\"layer_scale\": true}");
        assertEquals(false, Checkpoint.of("F.pth", StateDicts.of(Checkpoint.random(CONFIG, 1).folded()), card, Optional.empty())
                .config().layerScale());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "in_chans | 1 | 3", "embed_dim | 41 | 40", "depths | [1] | [1, 1]", "depths | [1, 2] | [1, 1]",
        "n_div | 5 | 4", "n_div | 0 | 4", "mlp_ratio | 2.1 | 2.0", "mlp_ratio | -2 | 2.0", "feature_dim | 7 | 6",
        "num_classes | 0 | 2", "layer_scale | false | true", "patch_norm | false | true", "fork_feat | true | false"})
    void contradictionsAreNamed(String argument, String said, String inWeights) {
        String number = argument.equals("mlp_ratio") && !said.contains(".") ? said + ".0" : said;
        String expected = "dir/c.json: " + argument + " is " + number
                + ", but the weights are those of a network with " + inWeights;
        assertEquals(expected, refusal("{\"" + argument + "\": " + said + "}"));
        assertEquals(expected, refusal("{\"model_args\": {\"" + argument + "\": " + said + "}, \"" + argument + "\": \"x\"}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "embed_dim | \"40\" | an integer", "embed_dim | 40.5 | an integer",
        "embed_dim | 99999999999999999999 | an integer", "depths | 1 | a list, each element an integer",
        "depths | [1, \"1\"] | a list, each element an integer", "depths | {\"a\": 1} | a list, each element an integer",
        "mlp_ratio | 1e999 | a finite number", "mlp_ratio | [] | a finite number", "layer_scale | 1 | true or false",
        "act_layer | 1 | a string", "act_layer | \"swish\" | relu and gelu", "mean | [] | mean has 0 values",
        "std | [1, 1, 0] | not positive", "std | [1] | one per channel", "input_size | [3, 4] | [3, height, width]",
        "input_size | [1, 4, 4] | [3, height, width]", "input_size | [3, 0, 4] | at least 1x1",
        "crop_pct | 0 | crop fraction", "crop_pct | 1.5 | crop fraction",
        "interpolation | \"nearest\" | bilinear or bicubic", "label_names | [\"cat\"] | 2 classes",
        "label_names | [1, 2] | a list, each element a string"})
    void wrongValuesAreNamed(String field, String value, String expected) {
        String message = refusal("{\"" + field + "\": " + value + "}");
        assertTrue(message.startsWith("dir/c.json: ") && message.contains(expected), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "null", "{", "{}x", "{\"a\": 1, \"a\": 2}", "{\"a\": NaN}", "\u0000"})
    void whatIsNoJsonObjectIsRefused(String json) {
        assertTrue(assertThrows(InvalidFileException.class, () -> ModelCard.parse("c.json", "dir/c.json", json)).getMessage()
                .startsWith("dir/c.json: is not "));
    }

    @Test
    void deepAndLongJsonIsRefused() {
        String deep = "{\"a\":".repeat(100_000);
        assertThrows(InvalidFileException.class, () -> ModelCard.parse("c.json", "dir/c.json", deep));
        String number = "{\"embed_dim\": " + "9".repeat(100_000) + "}";
        assertThrows(InvalidFileException.class, () -> ModelCard.parse("c.json", "dir/c.json", number));
    }

    @Test
    void aHugeFileIsNotRead() throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, " ".repeat(5 << 20));
        assertEquals(file + ": has 5242880 bytes, at most 4194304 are expected",
                assertThrows(InvalidFileException.class, () -> ModelCard.read(file)).getMessage());
    }

    @Test
    void theGivenFileGoesBeforeTheHeaderAndTheHeaderBeforeTheNeighbour() throws IOException {
        Path bare = folder.resolve("bare.safetensors");
        Checkpoint random = Checkpoint.random(CONFIG, 1);
        SafetensorsWriter.write(bare, random.weights(), DType.F32, Map.of());
        Path described = folder.resolve("described.safetensors");
        random.write(described, false, DType.F32);
        Files.writeString(folder.resolve("config.json"), "{\"act_layer\": \"relu\"}");
        Path given = Files.writeString(folder.resolve("given.json"), "{\"act_layer\": \"relu\"}");

        assertEquals("relu, from config.json", Checkpoint.read(bare).activationSource());
        assertEquals("gelu, from the file's header", Checkpoint.read(described).activationSource());
        assertEquals("relu, from given.json",
                Checkpoint.read(described, CheckpointOptions.none().withConfig(given)).activationSource());
        CheckpointOptions absent = CheckpointOptions.none().withConfig(folder.resolve("absent.json"));
        assertTrue(assertThrows(InvalidFileException.class, () -> Checkpoint.read(bare, absent)).getMessage()
                .startsWith(folder.resolve("absent.json") + ": "));
    }
}
