package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fasternet.checkpoint.SafetensorsWriter;
import org.fasternet.checkpoint.StateDictReader;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InfoCommandTest {
    @Test
    void tellsOfMachineAndModel() {
        String info = Cli.output("info");
        for (String field : new String[] {
            "CPU  ", "CPUs used  ", "ISA  ", "back end  ", "model          the model in the box",
            "activation     relu, from config.json", "parameters     457,054", "multiply-adds  "
        }) {
            assertTrue(info.lines().anyMatch(line -> line.startsWith(field)), field + " is not in\n" + info);
        }
        assertTrue(info.lines().allMatch(line -> line.length() <= 80), info);
    }

    /** Against the published tables: millions of parameters, and 1e9 multiply-adds at 224x224, rounded or cut. */
    @ParameterizedTest
    @CsvSource({"T0, 3.9, 0.34", "T1, 7.6, 0.85", "T2, 15.0, 1.9", "S, 31.1, 4.56"})
    void variantsHaveThePublishedSize(String variant, double parameters, double multiplyAdds) throws IOException {
        JsonNode model = Cli.json("info", "--json", "--variant", variant).get("model");
        assertEquals(parameters, model.get("parameters").longValue() / 1e6, 0.1);
        assertEquals(multiplyAdds, model.get("multiplyAdds").longValue() / 1e9, 0.051);
    }

    @Test
    void jsonDescribesTheCheckpoint() throws IOException {
        JsonNode root = Cli.json("info", "--json", "--weights", resource("golden", "three-stages-gray", "official.pth"));
        assertTrue(root.get("version").get("java").isTextual());
        assertEquals(Bindings.current().name(), root.get("binding").textValue());
        assertTrue(root.get("hardware").get("cpus").get("usable").intValue() >= 1);
        assertTrue(root.get("hardware").get("features").isArray());
        JsonNode backend = root.get("backends").get(0);
        assertEquals("fused", backend.get("name").textValue());
        assertTrue(backend.get("usable").booleanValue());
        assertEquals("f32", backend.get("precisions").get(0).get("name").textValue());
        JsonNode model = root.get("model");
        assertEquals(1, model.get("inChannels").intValue());
        assertEquals(3, model.get("depths").size());
        assertEquals(1, model.get("mean").size());
        assertFalse(root.has("plan"));
    }

    @Test
    void thePlanListsEveryStep() throws IOException {
        Object[] options = {"info", "--variant", "T0", "--plan", "--size", "64x96", "--batch", 2, "--threads", 1};
        JsonNode root = Cli.json(with(options, "--json"));
        JsonNode plan = root.get("plan");
        assertEquals("fused", plan.get("backend").textValue());
        assertEquals(1, plan.get("threads").intValue());
        assertTrue(plan.get("arenaBytes").longValue() > 0 && plan.get("weightBytes").longValue() > 0);
        assertEquals(root.get("model").get("multiplyAdds"), plan.get("multiplyAdds"));
        JsonNode first = plan.get("steps").get(0);
        assertEquals("[2,3,64,96]", first.get("src").toString());
        String text = Cli.output(options);
        for (JsonNode step : plan.get("steps")) {
            assertFalse(step.get("reference").booleanValue(), step.toString());
            assertTrue(text.lines().anyMatch(line -> line.startsWith(step.get("label").textValue() + " ")
                    && line.contains(" " + step.get("implementation").textValue() + " ")), step.toString());
        }
    }

    @Test
    void thePlanIsForTheIsaAskedFor() throws IOException {
        JsonNode plan = Cli.json("info", "--json", "--plan", "--isa", "portable").get("plan");
        assertEquals("portable", plan.get("isa").textValue());
        assertEquals("fused:portable", plan.get("steps").get(0).get("implementation").textValue());
    }

    private static Object[] with(Object[] options, Object more) {
        Object[] all = Arrays.copyOf(options, options.length + 1);
        all[options.length] = more;
        return all;
    }

    @Test
    void theActivationThatAppliesIsNamedWithItsRule(@TempDir Path folder) throws IOException {
        Path golden = resource("golden", "odd-gelu", "official.pth");
        assertEquals("gelu, from config.json", activation("info", "--weights", golden));
        Path alone = Files.copy(golden, folder.resolve("alone.pth"));
        assertEquals("relu, as asked", activation("info", "--weights", alone, "--activation", "relu"));
        assertEquals("gelu, from config.json",
                activation("info", "--weights", alone, "--config", resource("golden", "odd-gelu", "config.json")));
        assertTrue(activation("info", "--weights", alone).startsWith("relu, the published rule for embed_dim "));
    }

    private static String activation(Object... options) throws IOException {
        return Cli.json(with(options, "--json")).get("model").get("activationSource").textValue();
    }

    /** As a detector keeps it, beside its other parts and an average. */
    @Test
    void whereANetworkWasFoundIsTold(@TempDir Path folder) throws IOException {
        Map<String, Tensor> detector = new LinkedHashMap<>();
        StateDictReader.read(resource("golden", "features", "official.pth")).forEach((key, tensor) -> {
            detector.put("backbone." + key, tensor);
            detector.put("ema.backbone." + key, tensor);
        });
        detector.put("neck.weight", new Tensor(new int[] {1}, new float[1]));
        Path file = folder.resolve("detector.safetensors");
        SafetensorsWriter.write(file, detector, DType.F32, Map.of());
        String text = Cli.output("info", "--weights", file);
        assertTrue(text.contains("found at       'backbone'\n"), text);
        assertTrue(text.contains("not taken      'ema.backbone'\n"), text);
        JsonNode model = Cli.json("info", "--weights", file, "--state", "ema", "--json").get("model");
        assertEquals("ema.backbone", model.get("place").textValue());
        assertEquals(1, model.get("leftOut").get("neck").intValue());
        assertTrue(Cli.wrongUsage("info", "--state", "ema").contains("--state describes a checkpoint, but there is no --weights"));
    }
}
