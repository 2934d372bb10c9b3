package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fasternet.Golden;
import org.fasternet.array.Npy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvertCommandTest {
    @TempDir
    Path folder;

    /** The tolerance of f16 and bf16 is that of their mantissas, 11 and 8 bits, times the network's depth. */
    @ParameterizedTest
    @CsvSource({
        "nano-relu, f32, false, 1e-4", "nano-relu, f32, true, 1e-4", "odd-gelu, f16, true, 5e-3", "layer-scale, f32, true, 1e-4",
        "layer-scale, bf16, false, 3e-2", "three-stages-gray, f16, false, 5e-3", "half-weights, bf16, true, 3e-2"
    })
    void whatIsWrittenComputesTheSame(String golden, String dtype, boolean fold, double tolerance) throws IOException {
        Path written = folder.resolve("written.safetensors");
        Path weights = resource("golden", golden, "official.pth");
        JsonNode said = fold
                ? Cli.json("convert", "--json", "--weights", weights, "--output", written, "--dtype", dtype, "--fold")
                : Cli.json("convert", "--json", "--weights", weights, "--output", written, "--dtype", dtype);
        assertEquals(written.toString(), said.get("file").textValue());
        assertEquals(Files.size(written), said.get("bytes").longValue());
        assertEquals(dtype, said.get("dtype").textValue());
        assertEquals(fold, said.get("folded").booleanValue());
        Path logits = folder.resolve("logits.npy");
        Cli.output("run", "--weights", written, "--input", resource("golden", golden, "input.npy"), "--output", logits);
        Golden.assertClose(Golden.npy(golden + "/logits.npy").data(), Npy.read(logits).data(), tolerance);
    }

    @Test
    void whatWasWrittenIsTold() throws IOException {
        Path written = folder.resolve("written.safetensors");
        String said = Cli.output("convert", "--weights", resource("golden", "nano-relu", "official.pth"), "--output", written,
                "--dtype", "F16", "--fold");
        assertTrue(said.matches("\\Q" + written + "\\E: safetensors, \\d+ tensors, f16, folded, [\\d,]+ bytes\n"), said);
    }

    /** The first byte of an ONNX file is the tag of its IR version, that of a safetensors file the length of its header. */
    @ParameterizedTest
    @CsvSource({"net.onnx, , onnx", "net.ONNX, , onnx", "net, onnx, onnx", "net.safetensors, onnx, onnx", "net, , safetensors",
        "net.onnx, safetensors, safetensors"})
    void theFormatIsTheOneAskedForElseThatOfTheName(String name, String to, String format) throws IOException {
        Path written = folder.resolve(name);
        List<Object> args = new ArrayList<>(List.of(
                "convert", "--json", "--weights", resource("golden", "nano-relu", "official.pth"), "--output", written));
        if (to != null) {
            args.addAll(List.of("--to", to));
        }
        JsonNode said = Cli.json(args.toArray());
        assertEquals(format, said.get("format").textValue());
        assertEquals(Files.size(written), said.get("bytes").longValue());
        assertEquals("f32", said.get("dtype").textValue());
        assertEquals(format.equals("onnx"), said.get("folded").booleanValue());
        byte[] bytes = Files.readAllBytes(written);
        assertEquals(format.equals("onnx"), bytes[0] == 0x08 && bytes[1] == 8);
        assertTrue(said.get("tensors").intValue() > 30);
    }

    @Test
    void theInputIsNotOverwritten() throws IOException {
        Path weights = Files.copy(resource("golden", "nano-relu", "official.pth"), folder.resolve("w.pth"));
        byte[] before = Files.readAllBytes(weights);
        List<Path> outputs = new ArrayList<>(List.of(weights, folder.resolve(".").resolve("w.pth")));
        if (!OS.WINDOWS.isCurrentOs()) { // there links need a privilege
            outputs.add(Files.createSymbolicLink(folder.resolve("link"), weights));
        }
        for (Path output : outputs) {
            Cli cli = Cli.run("convert", "--weights", weights, "--output", output);
            assertEquals(1, cli.status());
            assertTrue(cli.err().contains("is an input too"), cli.err());
        }
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(weights)));
    }
}
