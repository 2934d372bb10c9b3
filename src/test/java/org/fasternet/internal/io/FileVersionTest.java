package org.fasternet.internal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.fasternet.error.InvalidFileException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileVersionTest {
    private static final String CHANGED = "has changed since the model was loaded; its weights are read whenever a session is "
            + "compiled, so load the model again";

    @TempDir
    Path folder;

    private Path path;
    private FileVersion version;

    @BeforeEach
    void write() throws IOException {
        path = Files.writeString(folder.resolve("file"), "1234");
        version = FileVersion.of(ReadableFile.of(path));
    }

    private void assertRefused(String reason, FileVersion.Reading reading) {
        String message = assertThrows(InvalidFileException.class, () -> version.readAgain(reading)).getMessage();
        assertEquals(path + ": " + reason, message);
    }

    @Test
    void anUnchangedFileIsReadAnyNumberOfTimes() {
        StringBuilder read = new StringBuilder();
        for (int i = 0; i < 2; i++) {
            version.readAgain(() -> read.append(Files.readString(path)));
        }
        assertEquals("12341234", read.toString());
    }

    @Test
    void anotherSizeTimeOrFileIsRefused() throws IOException {
        FileTime modified = Files.getLastModifiedTime(path);
        Files.writeString(path, "12345");
        Files.setLastModifiedTime(path, modified);
        assertRefused(CHANGED, () -> {});
        Files.writeString(path, "4321");
        Files.setLastModifiedTime(path, FileTime.fromMillis(modified.toMillis() + 2000));
        assertRefused(CHANGED, () -> {});
        if (!OS.WINDOWS.isCurrentOs()) {
            Path other = Files.writeString(folder.resolve("other"), "5678");
            Files.setLastModifiedTime(other, modified);
            Files.move(other, path, StandardCopyOption.ATOMIC_MOVE);
            assertRefused(CHANGED, () -> {});
        }
        Files.delete(path);
        assertRefused("no such file", () -> {});
    }

    @Test
    void aChangeWhileItIsReadIsRefused() {
        assertRefused(CHANGED, () -> Files.writeString(path, "12345"));
    }
}
