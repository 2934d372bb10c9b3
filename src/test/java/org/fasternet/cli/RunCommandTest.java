package org.fasternet.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.fasternet.Golden;
import org.fasternet.tensor.Npy;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunCommandTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "nano-relu/official.pth, f32", "odd-gelu/timm.safetensors, f32", "layer-scale/official.pth, f32",
        "three-stages-gray/timm.safetensors, f32", "half-weights/official.pth, f32", "nano-relu/official.pth, bf16"
    })
    void logitsAreThoseOfPyTorch(String weights, String precision) {
        String golden = weights.substring(0, weights.indexOf('/'));
        Path output = folder.resolve("logits.npy");
        String said = Cli.output("run", "--weights", resource("golden", weights),
                "--input", resource("golden", golden, "input.npy"), "--output", output, "--precision", precision);
        assertTrue(said.startsWith(output + ": ["), said);
        assertTrue(said.contains(" ms, fused, "), said);
        Tensor expected = Golden.npy(golden + "/logits.npy");
        Tensor actual = Npy.read(output);
        assertArrayEquals(expected.shape(), actual.shape());
        Golden.assertClose(
                expected.data(), actual.data(), precision.equals("f32") ? Golden.F32_TOLERANCE : Golden.BF16_TOLERANCE);
    }

    @Test
    void featuresAreThoseOfPyTorch() throws IOException {
        JsonNode said = Cli.json("run", "--weights", resource("golden", "features", "official.pth"), "--input",
                resource("golden", "features", "input.npy"), "--features", folder.resolve("stage"), "--json");
        assertEquals(4, said.get("outputs").size());
        for (int i = 0; i < 4; i++) {
            Tensor expected = Golden.npy("features/features" + i + ".npy");
            Tensor actual = Npy.read(folder.resolve("stage" + i + ".npy"));
            assertArrayEquals(expected.shape(), actual.shape());
            Golden.assertClose(expected.data(), actual.data(), Golden.F32_TOLERANCE);
            JsonNode output = said.get("outputs").get(i);
            assertEquals(folder.resolve("stage" + i + ".npy").toString(), output.get("file").textValue());
            assertEquals(expected.dim(1), output.get("shape").get(1).intValue());
        }
    }
}
