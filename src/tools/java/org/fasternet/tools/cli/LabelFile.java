package org.fasternet.tools.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.fasternet.FasterNet;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/** Names of classes in a text file of UTF-8, one a line. */
final class LabelFile {
    /** The 21,841 labels of the full ImageNet take 1 MB. */
    private static final int MAX_BYTES = 4 << 20;

    private LabelFile() {}

    /** The model with the labels of the file; blank lines at its end do not count. */
    static FasterNet label(FasterNet model, Path file) {
        String text = InputFile.read(file, size -> {
            if (size > MAX_BYTES) {
                throw new MalformedException("has " + size + " bytes, at most " + MAX_BYTES + " are expected");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        });
        List<String> labels = text.stripTrailing().lines().map(String::strip).toList();
        try {
            return model.withLabels(labels);
        } catch (ShapeException e) {
            throw new InvalidFileException(file + ": " + e.getMessage(), e);
        }
    }
}
