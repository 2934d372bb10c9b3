package org.fasternet.tools.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.OutputFile;

/** What can be said of a command's outputs before it computes them. */
final class OutputFiles {
    private OutputFiles() {}

    /** @throws InvalidFileException if the output cannot be written or would replace one of the inputs it is made of */
    static void check(Path output, Path... inputs) {
        OutputFile.check(output);
        for (Path input : inputs) {
            if (isSame(output, input)) {
                throw new InvalidFileException(output + ": is an input too, and would be overwritten: name another output");
            }
        }
    }

    private static boolean isSame(Path output, Path input) {
        try {
            return Files.isSameFile(output, input);
        } catch (IOException e) {
            // One of them does not exist; whoever needs it says so.
            return false;
        }
    }
}
