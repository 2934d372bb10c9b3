package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.backend.cudnn.CudnnBackend;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
    private static final Object WEIGHTS = resource("golden", "nano-relu", "official.pth");

    private static final Object INT8 = "src/main/resources/org/fasternet/demo/model-int8.safetensors";

    @TempDir
    Path folder;

    /** On the fake of CUDA. */
    @Test
    @Tag("fake-cuda")
    void plansAreMadeForEachPrecisionAndBatch() throws IOException {
        Path plans = folder.resolve("plans");
        JsonNode root = Cli.json("plan", "--json", "--device-properties", "h100", "--weights", WEIGHTS, "--precision", "f16,bf16",
                "--batch", 1, "--batch", 4, "--output", plans);
        assertEquals(4, root.get("sessions").size());
        assertEquals("bf16", root.get("sessions").get(3).get("precision").textValue());
        assertEquals(4, root.get("sessions").get(3).get("batch").intValue());
        assertTrue(root.get("sessions").get(3).get("plans").intValue() > 3, root::toString);
        assertTrue(Files.list(plans).count() > 10);
        String again = Cli.output("plan", "--device-properties", "h100", "--weights", WEIGHTS, "--output", plans);
        assertTrue(again.startsWith(plans + ": f16, batch 1: "), again);
    }

    @Test
    @Tag("fake-cuda")
    void theDeviceAtHandIsDescribedForIt() throws IOException {
        Path device = Files.writeString(folder.resolve("mine.json"), Cli.output("info", "--device-properties"));
        Cli.output("plan", "--device-properties", device, "--weights", WEIGHTS, "--output", folder);
        String plan = Cli.output("info", "--plan", "--backend", "cudnn", "--precision", "f16");
        assertTrue(plan.contains(" cudnn:engine 1 compiled "), plan);
        assertTrue(plan.contains(" bytes (1,000 of them workspace)"), plan);
        assertTrue(plan.contains("\nkernels        "), plan);
        JsonNode steps = Cli.json("info", "--plan", "--backend", "cudnn", "--precision", "f16", "--json").path("plan").path("steps");
        assertTrue(steps.size() > 20, steps::toString);
        steps.forEach(step -> assertEquals(1, step.path("kernels").asInt(), step::toString));
    }

    @Test
    void aDeviceThatNobodyKnowsIsRefused() {
        Cli cli = Cli.run("plan", "--device-properties", "h1000", "--weights", WEIGHTS, "--output", folder);
        assertEquals(1, cli.status());
        assertEquals("fasternet: h1000 (neither a file nor one of a100, h100, l4, orin, rtx5090, t4): no such file\n", cli.err());
    }

    @Test
    void aFileThatIsNoTextIsRefused() throws IOException {
        Path device = Files.write(folder.resolve("mine.json"), new byte[] {'{', (byte) 0xff});
        Cli cli = Cli.run("plan", "--device-properties", device, "--weights", WEIGHTS, "--output", folder);
        assertEquals("fasternet: " + device + ": is not text in UTF-8\n", cli.err());
    }

    @Test
    @Tag("fake-cuda")
    void whatADeviceCannotDoIsRefused() throws IOException {
        Path v100 = Files.writeString(folder.resolve("v100.json"),
                "{\"deviceName\": \"V100\", \"deviceVer\": 700, \"multiProcessorCount\": 80}");
        assertRefused("the NVIDIA GPU has compute capability 7.0, and cuDNN 9 needs 7.5 or newer (Turing)", v100, "f16", folder);
        assertRefused("bf16 needs compute capability 8.0, and this device has 7.5; f32 and f16 work", "t4", "bf16", folder);
        assertRefused("it has no kernels for int8, which needs a CPU; f32, tf32, f16, bf16 work here", "t4", "int8", folder);
    }

    private static void assertRefused(String reason, Object device, String precision, Path folder) {
        Cli cli = Cli.run("plan", "--device-properties", device, "--weights", INT8,
                "--precision", precision, "--output", folder);
        assertEquals(1, cli.status());
        assertEquals("fasternet: cudnn: " + reason + "\n", cli.err());
    }

    @Test
    void withoutCudnnItIsSaidWhatIsMissing() {
        Assumptions.assumeTrue(new CudnnBackend().unavailable().filter(reason -> reason.startsWith("no lib")).isPresent());
        Cli cli = Cli.run("plan", "--device-properties", "h100", "--weights", WEIGHTS, "--output", folder);
        assertEquals(1, cli.status());
        assertTrue(cli.err().matches("fasternet: no lib.+ \\(.*\\) in (LD_LIBRARY_)?PATH or the system\n"), cli.err());
        Cli info = Cli.run("info", "--device-properties");
        assertEquals(1, info.status());
        assertTrue(info.err().startsWith("fasternet: there is no usable GPU: "), info.err());
    }
}
