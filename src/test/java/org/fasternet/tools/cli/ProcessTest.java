package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fasternet.ForkedJvm;
import org.fasternet.Golden;
import org.fasternet.array.Npy;
import org.fasternet.checkpoint.SafetensorsWriter;
import org.fasternet.checkpoint.StateDictReader;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.fasternet.tools.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process of its own: what only the real standard streams and exit statuses show. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the shell and its redirections are POSIX")
class ProcessTest {
    private static final String IMAGE = resource("demo", "images", "bag.png").toString();

    private record Outcome(int status, String out, String err) {}

    private static ProcessBuilder fasternet(List<String> jvmOptions, String... args) {
        return new ProcessBuilder(ForkedJvm.command(jvmOptions, Main.class, args));
    }

    private static Outcome outcome(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        // A sentence on standard error fits the pipe: nothing blocks while standard output is read.
        String out = builder.redirectOutput() == Redirect.PIPE ? text(process.getInputStream()) : "";
        return new Outcome(process.waitFor(), out, text(process.getErrorStream()));
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void anImageIsClassified() throws Exception {
        Outcome outcome = outcome(fasternet(List.of(), "classify", IMAGE));
        assertEquals("", outcome.err);
        assertEquals(0, outcome.status);
        assertTrue(outcome.out.endsWith("  Bag" + System.lineSeparator()), outcome.out);
    }

    @Test
    void failuresAndWrongUsageHaveTheirStatus() throws Exception {
        Outcome failure = outcome(fasternet(List.of(), "classify", "missing.png"));
        assertEquals(new Outcome(1, "", "fasternet: missing.png: no such file" + System.lineSeparator()), failure);
        Outcome usage = outcome(fasternet(List.of(), "clasify"));
        assertEquals(2, usage.status);
        assertTrue(usage.err.contains("did you mean classify"), usage.err);
        assertEquals(1, usage.err.lines().count(), usage.err);
    }

    @Test
    void whereAFailureComesFromIsShownOnRequest() throws Exception {
        ProcessBuilder builder = fasternet(List.of(), "classify", "missing.png");
        builder.environment().put("FASTERNET_DEBUG", "1");
        for (Outcome outcome : List.of(
                outcome(builder), outcome(fasternet(List.of("-Dfasternet.debug=true"), "classify", "missing.png")))) {
            assertEquals(1, outcome.status);
            assertTrue(outcome.err.startsWith("fasternet: missing.png: no such file"), outcome.err);
            assertTrue(outcome.err.contains("\tat org.fasternet."), outcome.err);
        }
    }

    @Test
    void outputThatCannotBeWrittenIsAFailure() throws Exception {
        Outcome full = outcome(fasternet(List.of(), "--help").redirectOutput(Path.of("/dev/full").toFile()));
        assertEquals(1, full.status);
        assertTrue(full.err.startsWith("fasternet: standard output cannot be written: "), full.err);
        assertEquals(1, full.err.lines().count(), full.err);
    }

    @Test
    void aReaderThatLeftIsToldNothing() throws Exception {
        Process process = fasternet(List.of(), "info").start();
        process.getInputStream().close();
        String err = text(process.getErrorStream());
        assertEquals(141, process.waitFor());
        assertEquals("", err);
    }

    /** Arrays go through pipes as bytes, untouched by the locale. */
    @Test
    void anArrayGoesThroughStandardInputAndOutput(@TempDir Path folder) throws Exception {
        Path output = folder.resolve("logits.npy");
        Outcome outcome = outcome(fasternet(List.of(), "run", "--weights",
                resource("golden", "nano-relu", "official.pth").toString(), "--input", "-", "--output", "-")
                .redirectInput(resource("golden", "nano-relu", "input.npy").toFile()).redirectOutput(output.toFile()));
        assertEquals(new Outcome(0, "", ""), outcome);
        Golden.assertClose(Golden.npy("nano-relu/logits.npy").data(), Npy.read(output).data(), Golden.F32_TOLERANCE);
    }

    @Test
    void aPathThatTheLocaleCannotSayIsToldWithTheLocale() throws Exception {
        ProcessBuilder builder = fasternet(List.of(), "classify", "T\u00e4sche.png");
        builder.environment().put("LC_ALL", "POSIX");
        Outcome outcome = outcome(builder);
        assertEquals(1, outcome.status);
        assertTrue(outcome.err.contains("the locale's character set is ANSI_X3.4-1968: LC_ALL=C.UTF-8 has all")
                || outcome.err.contains("no such file"), outcome.err);
    }

    @Test
    void tooLittleMemoryIsTold() throws Exception {
        Outcome outcome = outcome(fasternet(List.of("-Xmx24m"), "info", "--variant", "L", "--plan"));
        assertEquals(1, outcome.status);
        assertTrue(outcome.err.startsWith("fasternet: not enough memory"), outcome.err);
        assertEquals(1, outcome.err.lines().count(), outcome.err);
    }

    /** Weights that are not numbers are a warning where they are read, and no answer where one is needed. */
    @Test
    void aWarningIsOneLineToo(@TempDir Path folder) throws Exception {
        Path weights = folder.resolve("nan.safetensors");
        Map<String, Tensor> tensors = StateDictReader.read(
                resource("golden", "three-stages-gray", "official.pth"));
        tensors.get("head.bias").data()[0] = Float.NaN;
        SafetensorsWriter.write(weights, tensors, DType.F32, Map.of());
        Outcome info = outcome(fasternet(List.of(), "info", "--weights", weights.toString()));
        assertEquals(0, info.status);
        assertTrue(
                info.err.matches("fasternet: \\Q" + weights + "\\E: 1 weights are NaN or infinite, .*'head.bias'\\R"), info.err);
        Outcome classify = outcome(fasternet(List.of(), "classify", "--weights", weights.toString(), IMAGE));
        assertEquals(1, classify.status);
        assertTrue(classify.err.contains("logit 0 is NaN"), classify.err);
    }
}
