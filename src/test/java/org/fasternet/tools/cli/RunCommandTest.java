package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.fasternet.Golden;
import org.fasternet.array.Npy;
import org.fasternet.backend.Backends;
import org.fasternet.compute.Precision;
import org.fasternet.layer.Network;
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
        String chosen = Backends.choose(Backends.AUTO, precision, Optional.empty(), Network.of(List.of())).name();
        assertTrue(said.contains(" ms, " + chosen + ", "), said);
        Tensor expected = Golden.npy(golden + "/logits.npy");
        Tensor actual = Npy.read(output);
        assertArrayEquals(expected.shape(), actual.shape());
        Golden.assertClose(
                expected.data(), actual.data(), precision == Precision.F32 ? Golden.F32_TOLERANCE : Golden.BF16_TOLERANCE);
    }

    /** Of different batches and sizes, in a folder; one that does not fit does not keep the others. */
    @Test
    void severalArraysAreRun() throws IOException {
        Path inputs = Files.createDirectory(folder.resolve("in"));
        Path outputs = Files.createDirectory(folder.resolve("out"));
        Path golden = resource("golden", "nano-relu", "input.npy");
        Files.copy(golden, inputs.resolve("a.npy"));
        Npy.write(inputs.resolve("b.npy"), new Tensor(new int[] {3, 3}, new float[9]));
        Tensor two = Npy.read(golden);
        int image = two.elements() / two.dim(0);
        Npy.write(inputs.resolve("c.npy"), new Tensor(
                new int[] {1, two.dim(1), two.dim(2), two.dim(3)}, Arrays.copyOfRange(two.data(), image, 2 * image)));
        Path weights = resource("golden", "nano-relu", "official.pth");
        Cli cli = Cli.run("run", "--weights", weights, "--input", inputs, "--output", outputs);
        assertEquals(1, cli.status());
        assertEquals("fasternet: " + inputs.resolve("b.npy") + ": has shape [3, 3], [N, 3, H, W] is expected\n", cli.err());
        float[] expected = Golden.npy("nano-relu/logits.npy").data();
        Golden.assertClose(expected, Npy.read(outputs.resolve("a.npy")).data(), Golden.F32_TOLERANCE);
        int classes = expected.length / 2;
        Golden.assertClose(Arrays.copyOfRange(expected, classes, 2 * classes), Npy.read(outputs.resolve("c.npy")).data(),
                Golden.F32_TOLERANCE);
        assertTrue(cli.out().startsWith(outputs.resolve("a.npy") + ": [2, "), cli.out());
        Path file = folder.resolve("y.npy");
        assertTrue(Cli.run("run", "--weights", weights, "--input", inputs, "--output", file).err()
                .contains(file + ": is no folder, which the outputs of several arrays need"));
        Files.createDirectory(inputs.resolve("more"));
        Files.copy(golden, inputs.resolve("more").resolve("a.npy"));
        assertTrue(Cli.run("run", "--weights", weights, "--input", inputs, "--output", outputs).err()
                .contains(" would both be written to " + outputs.resolve("a.npy")));
        assertTrue(Cli.run("run", "--weights", weights, "--input", inputs, "--output", "-").err()
                .contains("4 arrays cannot all go to standard output"));
    }

    @Test
    void featuresOfSeveralArraysGoToAFolder() throws IOException {
        Path input = resource("golden", "features", "input.npy");
        Cli.output("run", "--weights", resource("golden", "features", "official.pth"), "--input", input, "--features", folder);
        Golden.assertClose(Golden.npy("features/features2.npy").data(), Npy.read(folder.resolve("input-2.npy")).data(),
                Golden.F32_TOLERANCE);
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
