package org.fasternet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.fasternet.ForkedJvm;
import org.fasternet.bench.report.Report;
import org.fasternet.bench.report.ReportJson;
import org.fasternet.bench.timing.Sampler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, on a benchmark that would take minutes. */
class BenchInterruptTest {
    private static final String SECOND = "measuring the second line";

    /** The command line, beside a thread that tells when the second line is measured: nothing outside can see that. */
    static final class Program {
        public static void main(String[] args) {
            Thread watch = new Thread(() -> {
                awaitSampling(true);
                awaitSampling(false);
                awaitSampling(true);
                System.err.println(SECOND);
            });
            watch.setDaemon(true);
            watch.start();
            Main.main(args);
        }

        private static void awaitSampling(boolean wanted) {
            while (isSampling() != wanted) {
                Thread.onSpinWait();
            }
        }

        private static boolean isSampling() {
            return Thread.getAllStackTraces().values().stream().flatMap(Arrays::stream)
                    .anyMatch(frame -> frame.getClassName().equals(Sampler.class.getName())
                            && frame.getMethodName().equals("measure"));
        }
    }

    @Test
    void whatWasMeasuredIsKept(@TempDir Path folder) throws IOException, InterruptedException {
        Path json = folder.resolve("report.json");
        Path html = folder.resolve("report.html");
        // Whoever starts the tests in the background has them ignore the signal.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(ForkedJvm.command(
                List.of(), Program.class, "bench", "model", "--variant", "T0,T1,T2,S,M,L", "--size", "32", "--warm-up", "20ms",
                "--duration", "1s", "--rounds", "100", "--json", json.toString(),
                "--html", html.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertEquals(SECOND, lines.readLine());
            assertEquals(0, new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor());
            output = lines.lines().collect(Collectors.joining("\n"));
        }
        assertEquals(130, process.waitFor(), output);
        Report report = ReportJson.read(json);
        assertFalse(report.complete());
        assertEquals(List.of("T0", "T1"), report.measurements().stream().map(line -> line.name().split(" ")[0]).toList());
        assertEquals(100, report.measurements().get(0).rounds().size());
        assertTrue(report.measurements().get(1).rounds().size() < 100, "the second line was not cut short");
        assertTrue(Files.readString(html).startsWith("<!DOCTYPE html>"), "no page");
        assertTrue(output.contains("warning: stopped before all was measured"), output);
    }
}
