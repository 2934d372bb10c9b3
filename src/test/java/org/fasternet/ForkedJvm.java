package org.fasternet;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.fasternet.internal.abi.Bindings;

/** Runs a main class of the tests' class path in a JVM of its own, for what a JVM decides only once. */
public final class ForkedJvm {
    /** Exit status, and standard output and error together. */
    public record Result(int status, String output) {}

    /** After which it is ended: one that crashes may hang in that. */
    private static final int MOST_SECONDS = 300;

    private ForkedJvm() {}

    /** The command line: this JVM's class path, caches and binding; options given win over these. */
    public static List<String> command(List<String> jvmOptions, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // What lives for a second is slowed down by the second compiler, which also takes tens of megabytes now and then.
        command.add("-XX:TieredStopAtLevel=1");
        for (String property : List.of("org.bytedeco.javacpp.cachedir", "fasternet.cachedir", Bindings.PROPERTY)) {
            if (System.getProperty(property) != null) {
                command.add("-D" + property + "=" + System.getProperty(property));
            }
        }
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED"); // the jar's manifest says so to whoever runs that
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** {@code prefix} is put before the command, as {@code taskset -c 0} is; {@code environment} is added to this JVM's. */
    public static Result run(
            List<String> prefix, Map<String, String> environment, List<String> jvmOptions, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(command(jvmOptions, main, arguments));
        return run(command, environment);
    }

    /** With a line's end the same on every system, and without what a JVM warns of by itself, as it does under Wine. */
    private static String lines(String output) {
        return output.replace(System.lineSeparator(), "\n").replaceAll("(?m)^OpenJDK 64-Bit Server VM warning: .*\n", "");
    }

    /** @param command of {@link #command}, perhaps changed */
    public static Result run(List<String> command, Map<String, String> environment) throws IOException, InterruptedException {
        assumeFalse(Boolean.getBoolean("fasternet.emulated"), "an emulated JVM starts no other");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), lines(text));
        }
    }
}
