package org.fasternet.tools.cli;

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
import org.fasternet.tools.Main;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.report.ReportJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, on benchmarks that would take minutes or hours. */
@Timeout(120)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process that is not a child is sent no signals there")
class BenchInterruptTest {
    private static final String MOMENT = "now";

    /** The command line, beside a thread that tells when a method is called for the n-th time: nothing outside can see that. */
    static final class Program {
        /** @param args the method, as in a stack trace, and n; then the command */
        public static void main(String[] args) {
            Thread watch = new Thread(() -> {
                for (int call = 0; call < Integer.parseInt(args[1]); call++) {
                    await(args[0], false);
                    await(args[0], true);
                }
                System.err.println(MOMENT);
            });
            watch.setDaemon(true);
            watch.start();
            Main.main(Arrays.copyOfRange(args, 2, args.length));
        }

        private static void await(String method, boolean called) {
            while (isCalled(method) != called) {
                Thread.onSpinWait();
            }
        }

        private static boolean isCalled(String method) {
            return Thread.getAllStackTraces().values().stream().flatMap(Arrays::stream)
                    .anyMatch(frame -> (frame.getClassName() + "." + frame.getMethodName()).endsWith(method));
        }
    }

    private record Ended(int status, String output) {}

    /** Sends the signals when the method is called for the n-th time. */
    private static Ended interrupt(List<String> signals, String method, int n, String... args)
            throws IOException, InterruptedException {
        // Whoever starts the tests in the background has them ignore the signal.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        List<String> all = new ArrayList<>(List.of(method, String.valueOf(n), "bench"));
        all.addAll(List.of(args));
        command.addAll(ForkedJvm.command(List.of(), Program.class, all.toArray(String[]::new)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String first = lines.readLine();
            assertEquals(MOMENT, first, () -> first + "\n" + lines.lines().collect(Collectors.joining("\n")));
            StringBuilder output = new StringBuilder();
            for (String signal : signals) {
                assertEquals(0, new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor());
                // Its answer, before which a second signal would be merged with it.
                output.append(lines.readLine()).append('\n');
            }
            lines.lines().forEach(line -> output.append(line).append('\n'));
            return new Ended(process.waitFor(), output.toString());
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> models(Report report) {
        return report.measurements().stream().map(line -> line.name().split(" ")[0]).toList();
    }

    @Test
    void whatWasMeasuredIsKept(@TempDir Path folder) throws IOException, InterruptedException {
        Path json = folder.resolve("report.json");
        Path html = folder.resolve("report.html");
        Ended ended = interrupt(List.of("INT"), "Sampler.alternate", 2, "model", "--variant", "T0,T1,T2,S,M,L", "--size", "32",
                "--warm-up", "20ms", "--duration", "1s", "--rounds", "100", "--json", json.toString(), "--html", html.toString());
        assertEquals(130, ended.status, ended.output);
        Report report = ReportJson.read(json);
        assertFalse(report.complete());
        assertEquals(List.of("T0", "T1"), models(report));
        assertEquals(100, report.measurements().get(0).rounds().size());
        assertTrue(report.measurements().get(1).rounds().size() < 100, "the second line was not cut short");
        assertTrue(Files.readString(html).startsWith("<!DOCTYPE html>"), "no page");
        assertTrue(ended.output.contains("warning: stopped before all was measured"), ended.output);
    }

    /** ONNX Runtime frees its environment in a shutdown hook, which must not meet a session that is running. */
    @Test
    void peersAreNoLongerRunningWhenTheProcessEnds(@TempDir Path folder) throws IOException, InterruptedException {
        Path json = folder.resolve("report.json");
        Ended ended = interrupt(List.of("TERM"), "OnnxRuntimeRun.run", 3, "peers", "--peer", "onnxruntime", "--variant", "T2,T1",
                "--warm-up", "0s", "--duration", "1m", "--rounds", "100", "--json", json.toString());
        assertEquals(143, ended.status, ended.output);
        Report report = ReportJson.read(json);
        assertFalse(report.complete());
        assertEquals(List.of("T2"), models(report));
        assertTrue(report.measurements().get(0).rounds().size() < 100, "the line was not cut short");
    }

    /** The next query arrives at night. */
    @Test
    void aServerDoesNotSleepUntilTheNextQuery(@TempDir Path folder) throws IOException, InterruptedException {
        Path json = folder.resolve("report.json");
        Ended ended = interrupt(List.of("INT"), "LoadGenerator.reached", 1, "load", "--scenario", "SingleStream,Server",
                "--variant", "T0", "--size", "32", "--duration", "100ms", "--target-qps", "0.0001", "--json", json.toString());
        assertEquals(130, ended.status, ended.output);
        Report report = ReportJson.read(json);
        assertFalse(report.complete());
        assertEquals(2, report.measurements().size());
        assertEquals(1, report.measurements().get(1).values().get(Metric.RUNS));
    }

    @Test
    void theSecondSignalEndsAtOnce(@TempDir Path folder) throws IOException, InterruptedException {
        Path json = folder.resolve("report.json");
        Ended ended = interrupt(List.of("INT", "INT"), "OnnxRuntimeRun.run", 1, "peers", "--peer", "onnxruntime",
                "--variant", "S", "--size", "512", "--batch", "4", "--threads", "1", "--json", json.toString());
        assertEquals(130, ended.status, ended.output);
        assertFalse(Files.exists(json));
        assertTrue(ended.output.startsWith("fasternet bench peers: stopping; once more ends it at once"), ended.output);
    }
}
