package org.fasternet.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.fasternet.error.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFileTest {
    @TempDir
    private Path folder;

    @Test
    void namesAreLinesButForBlankOnesAtTheEnd() throws IOException {
        Path file = Files.writeString(folder.resolve("labels"), "Mütze \r\n\nShirt, long\n\n  \n");
        assertEquals(List.of("Mütze", "", "Shirt, long"), LabelFile.read(file, Function.identity()));
    }

    @Test
    void whatDoesNotFitIsRefusedByTheFilesName() throws IOException {
        Path three = Files.writeString(folder.resolve("three"), "a\nb\nc\n");
        InvalidFileException refused =
                assertThrows(InvalidFileException.class, () -> LabelFile.read(three, Checkpoint.demo()::withLabels));
        assertEquals(three + ": 3 labels for a network of 10 classes: one for each is needed", refused.getMessage());
        Path large = Files.write(folder.resolve("large"), new byte[(4 << 20) + 1]);
        InvalidFileException tooLarge =
                assertThrows(InvalidFileException.class, () -> LabelFile.read(large, Function.identity()));
        assertEquals(large + ": has 4194305 bytes, at most 4194304 are expected", tooLarge.getMessage());
        assertThrows(InvalidFileException.class, () -> LabelFile.read(folder.resolve("none"), Function.identity()));
    }
}
