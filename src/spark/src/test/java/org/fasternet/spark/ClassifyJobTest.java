package org.fasternet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as {@code spark-submit} runs it: that script does no more than find Java and its options. */
class ClassifyJobTest {
    private record Ended(int status, String out, String err) {}

    @TempDir
    Path folder;

    private Ended submit(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of(
                "-Dspark.ui.enabled=false", "-Djava.io.tmpdir=" + folder,
                "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir"),
                "-cp", System.getenv("SPARK_HOME") + "/jars/*", "org.apache.spark.deploy.SparkSubmit", "--master", "local[2]",
                System.getProperty("application.jar")));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).directory(folder.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it does not end");
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void labelsAreWrittenAndAFileThatIsNoPictureHasAReason() throws Exception {
        Path pictures = Files.createDirectories(folder.resolve("pictures/more"));
        for (Path file : Pictures.files()) {
            Files.copy(file, pictures.resolve(file.getFileName()));
        }
        Files.writeString(folder.resolve("pictures/notes.txt"), "no picture");
        String labels = folder.resolve("labels").toString();
        String[] arguments = {"--output", labels, "--format", "json", "--precision", "int8", folder.resolve("pictures").toString()};
        Ended ended = submit(arguments);
        assertEquals(0, ended.status, ended.err);
        assertTrue(ended.err.contains("pictures 11, refused 1,"), ended.err);
        List<String> lines = new ArrayList<>();
        try (Stream<Path> parts = Files.list(Path.of(labels))) {
            for (Path part : parts.filter(path -> path.toString().endsWith(".json")).toList()) {
                lines.addAll(Files.readAllLines(part));
            }
        }
        assertEquals(11, lines.size(), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.contains("bag.png") && line.contains("\"label\":\"Bag\"")),
                lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.contains("notes.txt") && line.contains("\"reason\":\"the picture")),
                lines.toString());

        Ended again = submit(arguments);
        assertEquals(1, again.status, again.err);
        assertTrue(again.err.lines().anyMatch(line -> line.startsWith("fasternet: ") && line.contains("already exists")),
                again.err);
    }

    @Test
    void withoutAnOutputRowsAreShown() throws Exception {
        Ended ended = submit("--glob", "b*.png", Pictures.FOLDER.toAbsolutePath().toString());
        assertEquals(0, ended.status, ended.err);
        assertTrue(ended.out.contains("|Bag "), ended.out);
        assertTrue(ended.err.contains("pictures 1, refused 0,"), ended.err);
    }

    @Test
    void whatIsNoCheckpointIsSaidBeforeSparkStarts() throws Exception {
        Ended ended = submit("--weights", Pictures.files().get(0).toAbsolutePath().toString(), "pictures");
        assertEquals(1, ended.status, ended.err);
        assertTrue(ended.err.contains("fasternet: " + Pictures.files().get(0).toAbsolutePath()), ended.err);
        assertEquals(2, submit("--precision", "f64", "pictures").status);
    }
}
