package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.fasternet.Golden;
import org.fasternet.array.Npy;
import org.fasternet.backend.Backends;
import org.fasternet.compute.Precision;
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
        "nano-relu/official.pth, F32", "odd-gelu/timm.safetensors, F32", "layer-scale/official.pth, F32",
        "three-stages-gray/timm.safetensors, F32", "half-weights/official.pth, F32", "nano-relu/official.pth, BF16"
    })
    void logitsAreThoseOfPyTorch(String weights, Precision precision) {
        String golden = weights.substring(0, weights.indexOf('/'));
        Path output = folder.resolve("logits.npy");
        Object[] command = {"run", "--weights", resource("golden", weights),
            "--input", resource("golden", golden, "input.npy"), "--output", output, "--precision", precision.id()};
        if (Backends.all().stream().allMatch(backend -> backend.refuses(precision).isPresent())) {
            Cli refused = Cli.run(command);
            assertEquals(1, refused.status());
            assertTrue(refused.err().contains(precision.id() + " needs"), refused.err());
            return;
        }
        String said = Cli.output(command);
        assertTrue(said.startsWith(output + ": ["), said);
        assertTrue(said.contains(" ms, fused, "), said);
        Tensor expected = Golden.npy(golden + "/logits.npy");
        Tensor actual = Npy.read(output);
        assertArrayEquals(expected.shape(), actual.shape());
        Golden.assertClose(
                expected.data(), actual.data(), precision == Precision.F32 ? Golden.F32_TOLERANCE : Golden.BF16_TOLERANCE);
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
