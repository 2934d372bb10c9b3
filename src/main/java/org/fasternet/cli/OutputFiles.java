package org.fasternet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.InvalidFileException;

/** Guards files against being replaced by what is made of them. */
final class OutputFiles {
    private OutputFiles() {}

    static void refuseInput(Path output, Path... inputs) {
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
