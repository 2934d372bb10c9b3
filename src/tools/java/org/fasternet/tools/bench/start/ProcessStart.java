package org.fasternet.tools.bench.start;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.fasternet.SessionOptions;
import org.fasternet.error.FasterNetException;
import org.fasternet.tools.bench.timing.Latency;

/**
 * The time from the start of a process to the first result of a network, by this Java and on this class path, in a JVM with
 * default settings and without a class archive of the application's.
 */
public final class ProcessStart {
    static final String READY = "ready";
    private static final List<String> PASSED_ON = List.of("org.bytedeco.javacpp.cachedir", "fasternet.binding");

    private ProcessStart() {}

    /**
     * The median of several processes, one after the other, in milliseconds.
     *
     * @param weights a checkpoint, read by each of them
     * @param options with size and threads given
     * @throws FasterNetException if a process fails; the message has what it printed
     */
    public static double medianMillis(Path weights, SessionOptions options, int processes) {
        List<String> command = command(weights, options);
        long[] nanos = LongStream.generate(() -> nanos(command)).limit(processes).sorted().toArray();
        return Latency.percentile(nanos, 50) / 1e6;
    }

    private static List<String> command(Path weights, SessionOptions options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String property : PASSED_ON) {
            if (System.getProperty(property) != null) {
                command.add("-D" + property + "=" + System.getProperty(property));
            }
        }
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StartProbe.class.getName()));
        command.addAll(arguments(weights, options));
        return command;
    }

    static List<String> arguments(Path weights, SessionOptions options) {
        List<String> arguments = new ArrayList<>(List.of(weights.toString(), options.backend(), options.precision().id(),
                String.valueOf(options.batch()), String.valueOf(options.size().orElseThrow().height()),
                String.valueOf(options.size().orElseThrow().width()), String.valueOf(options.threads().orElseThrow())));
        options.isa().ifPresent(arguments::add);
        return arguments;
    }

    private static long nanos(List<String> command) {
        StringBuilder printed = new StringBuilder();
        try {
            long start = System.nanoTime();
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            try (BufferedReader reader = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (line.equals(READY)) {
                        long nanos = System.nanoTime() - start;
                        process.waitFor();
                        return nanos;
                    }
                    printed.append(line).append('\n');
                }
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FasterNetException("interrupted while a process started");
        }
        throw new FasterNetException("a process that loads and runs the network once ended without a result: "
                + printed.toString().trim());
    }
}
