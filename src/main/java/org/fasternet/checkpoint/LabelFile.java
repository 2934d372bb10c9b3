package org.fasternet.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/** Names of classes in a text file of UTF-8, one a line, in the model's order; blank lines at its end do not count. */
public final class LabelFile {
    /** The 21,841 labels of the full ImageNet take 1 MB. */
    private static final int MAX_BYTES = 4 << 20;

    private LabelFile() {}

    /**
     * Reads the names and has them used.
     *
     * @param use takes them, as {@link Checkpoint#withLabels} or {@code FasterNet.withLabels} does
     * @throws InvalidFileException if the file cannot be read, or {@code use} finds that the names do not fit: the file is named
     */
    public static <T> T read(Path file, Function<List<String>, T> use) {
        String text = InputFile.read(file, size -> {
            if (size > MAX_BYTES) {
                throw new MalformedException("has " + size + " bytes, at most " + MAX_BYTES + " are expected");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        });
        try {
            return use.apply(text.stripTrailing().lines().map(String::strip).toList());
        } catch (ShapeException e) {
            throw new InvalidFileException(file + ": " + e.getMessage(), e);
        }
    }
}
