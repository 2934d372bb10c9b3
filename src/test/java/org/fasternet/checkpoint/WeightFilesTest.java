package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.refusal;
import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.error.InvalidFileException;
import org.fasternet.layer.Activation;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A golden network as a hub's snapshot, whole and in shards. */
class WeightFilesTest {
    private static final Path GOLDEN = resource("golden", "odd-gelu", "official.pth");
    private static final Map<String, Tensor> STORED = StateDictReader.read(GOLDEN);

    @TempDir
    Path folder;
    private final Map<String, String> weightMap = new LinkedHashMap<>();

    @BeforeEach
    void config() throws IOException {
        Files.copy(GOLDEN.resolveSibling("config.json"), folder.resolve("config.json"));
    }

    private static void assertGolden(Checkpoint checkpoint) {
        Checkpoint golden = Checkpoint.read(GOLDEN);
        assertEquals(golden.config(), checkpoint.config());
        assertEquals(Activation.GELU, checkpoint.config().activation());
        golden.weights().forEach((key, tensor) -> assertArrayEquals(tensor.data(), checkpoint.weights().get(key).data(), key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "model.safetensors"})
    void aSnapshotIsAModel(String name) throws IOException {
        if (name.endsWith(".bin")) {
            Files.copy(GOLDEN, folder.resolve(name));
        } else {
            SafetensorsWriter.write(folder.resolve(name), STORED, DType.F32, Map.of());
        }
        assertGolden(Checkpoint.read(folder));
    }

    @Test
    void aFolderWithoutWeightsIsRefused() {
        assertEquals("is a folder without weights: one of model.safetensors, model.safetensors.index.json,"
                + " pytorch_model.bin, pytorch_model.bin.index.json is expected in it, or name the file",
                refusal(folder, Checkpoint::read));
    }

    private Path shards() throws IOException {
        List<String> keys = List.copyOf(STORED.keySet());
        for (int shard = 0; shard < 3; shard++) {
            String name = "model-0000" + (shard + 1) + "-of-00003.safetensors";
            Map<String, Tensor> part = new LinkedHashMap<>();
            for (int i = shard; i < keys.size(); i += 3) {
                part.put(keys.get(i), STORED.get(keys.get(i)));
                weightMap.put(keys.get(i), name);
            }
            // A card of one shard's, whose activation is not the network's, says nothing of the whole.
            SafetensorsWriter.write(folder.resolve(name), part, DType.F32,
                    Map.of("fasternet", "{\"act_layer\": \"relu\", \"embed_dim\": 1}"));
        }
        return writeIndex();
    }

    private Path writeIndex() throws IOException {
        ObjectNode index = JsonNodeFactory.instance.objectNode();
        index.putObject("metadata").put("total_size", 1);
        ObjectNode map = index.putObject("weight_map");
        weightMap.forEach(map::put);
        return Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
    }

    @Test
    void shardsAreOneModel() throws IOException {
        Path index = shards();
        assertGolden(Checkpoint.read(index));
        assertGolden(Checkpoint.read(folder));
    }

    @Test
    void shardsAndIndexMustAgree() throws IOException {
        Path index = shards();
        String key = weightMap.keySet().iterator().next();
        String first = weightMap.get(key);
        String second = "model-00002-of-00003.safetensors";
        weightMap.put(key, second);
        writeIndex();
        assertEquals(second + ": is a shard without the tensor '" + key + "', which model.safetensors.index.json says is in it",
                refusalOfShard(index));
        Map<String, Tensor> both = new LinkedHashMap<>();
        StateDictReader.read(folder.resolve(second)).keySet().forEach(name -> both.put(name, STORED.get(name)));
        both.put(key, STORED.get(key));
        SafetensorsWriter.write(folder.resolve(second), both, DType.F32, Map.of());
        assertEquals(first + ": is a shard with the tensor '" + key + "', which model.safetensors.index.json says is in "
                + second, refusalOfShard(index));
        both.remove(key);
        SafetensorsWriter.write(folder.resolve(second), both, DType.F32, Map.of());
        weightMap.remove(key);
        writeIndex();
        assertEquals(first + ": is a shard with the tensor '" + key + "', which model.safetensors.index.json does not have",
                refusalOfShard(index));
        weightMap.put(key, first);
        weightMap.put("more", first);
        writeIndex();
        assertEquals(first + ": is a shard without the tensor 'more', which model.safetensors.index.json says is in it",
                refusalOfShard(index));
        weightMap.remove("more");
        writeIndex();
        Files.delete(folder.resolve(second));
        assertEquals(second + ": no such file", refusalOfShard(index));
    }

    /** Begins with the shard's path; without the folder's. */
    private static String refusalOfShard(Path index) {
        String message = assertThrows(InvalidFileException.class, () -> Checkpoint.read(index)).getMessage();
        return message.substring((index.getParent() + "/").length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x.safetensors", "/etc/passwd", "a/../../x", "", ".", "a\u0000b"})
    void anIndexDoesNotLeaveItsFolder(String name) throws IOException {
        shards();
        weightMap.put("x", name);
        String refused = refusal(writeIndex(), Checkpoint::read);
        assertTrue(refused.contains("names the shard '") && refused.contains("of 'x'"), refused);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{}", "{\"weight_map\": 3}", "{\"weight_map\": {}}", "{\"weight_map\": {\"a\": 3}}", "null"})
    void whatIsNoIndexIsRefused(String json) throws IOException {
        Path index = Files.writeString(folder.resolve("x.index.json"), json);
        refusal(index, Checkpoint::read);
    }
}
