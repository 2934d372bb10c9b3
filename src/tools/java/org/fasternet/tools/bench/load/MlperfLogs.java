package org.fasternet.tools.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.OutputFile;

/**
 * The files that MLPerf's submission checker reads, in the folders where a submission has them: below the system's
 * {@code Scenario/performance/run_1} and {@code Scenario/accuracy}.
 */
public final class MlperfLogs {
    private final Path folder;
    private final String system;
    private final long began = System.nanoTime();

    /**
     * @param folder is made if it is missing; files of these names in it are replaced
     * @param system its name in the logs
     * @throws InvalidFileException if there cannot be such a folder
     */
    public MlperfLogs(Path folder, String system) {
        makeFolder(folder);
        this.folder = folder;
        this.system = system;
    }

    /** @param rate what the system was expected to answer, in samples per second */
    void performance(LoadRun run, LoadSettings settings, Rules rules, int images, double rate) {
        DetailLog log = new RunLog(settings, run.scenario(), system, images).performance(run, rules, rate);
        write(folder.resolve(run.scenario().id()).resolve("performance").resolve("run_1"), logs(log));
    }

    /** @param predicted the class of each image */
    void accuracy(LoadCase work, LoadSettings settings, int[] predicted, List<LabelledImage> images) {
        Map<String, String> files = logs(new RunLog(settings, work.scenario(), system, images.size()).accuracy());
        String answers = answers(predicted);
        files.put("mlperf_log_accuracy.json", answers);
        long right = AccuracyBenchmark.right(predicted, images);
        files.put("accuracy.txt", String.format(Locale.ROOT, "accuracy=%.3f%%, good=%d, total=%d\nhash=%s\n",
                100.0 * right / images.size(), right, images.size(), sha256(answers)));
        write(folder.resolve(work.scenario().id()).resolve("accuracy"), files);
    }

    private Map<String, String> logs(DetailLog log) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("mlperf_log_detail.txt", text(log.lines((System.nanoTime() - began) / 1e6)));
        files.put("mlperf_log_summary.txt", text(RunLog.summary(log)));
        return files;
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }

    private static void write(Path to, Map<String, String> files) {
        makeFolder(to);
        Map<Path, OutputFile.Content> contents = new LinkedHashMap<>();
        files.forEach((name, text) -> contents.put(to.resolve(name), out -> out.write(text.getBytes(StandardCharsets.UTF_8))));
        OutputFile.write(contents);
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidFileException(folder + ": cannot be made: " + InputFile.reason(e), e);
        }
    }

    /** What MLPerf's script for ImageNet reads: the class of each answer as an f32, its bytes in hexadecimal. */
    private static String answers(int[] predicted) {
        return IntStream.range(0, predicted.length)
                .mapToObj(i -> String.format(Locale.ROOT, "{ \"seq_id\" : %d, \"qsl_idx\" : %d, \"data\" : \"%s\" }", i, i,
                        HexFormat.of().withUpperCase().formatHex(ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN)
                                .putFloat(predicted[i]).array())))
                .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(
                    MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
