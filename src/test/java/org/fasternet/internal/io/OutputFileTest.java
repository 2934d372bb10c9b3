package org.fasternet.internal.io;

import static org.fasternet.TestFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
    @TempDir
    Path folder;

    @Test
    void anOldFileIsReplaced() throws IOException {
        Path file = Files.writeString(folder.resolve("x"), "old and longer");
        OutputFile.write(file, out -> out.write('n'));
        assertOnlyFile(file, "n");
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "permissions and devices are POSIX")
    @Test
    void othersMayReadTheFileAsAnyOther() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain"), "");
        Path ours = folder.resolve("ours");
        OutputFile.write(ours, out -> out.write('n'));
        assertEquals(Files.getPosixFilePermissions(plain).contains(PosixFilePermission.OTHERS_READ),
                Files.getPosixFilePermissions(ours).contains(PosixFilePermission.OTHERS_READ));
    }

    @Test
    void whenWritingFailsTheOldFileStaysAndNothingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("x"), "old");
        String message = refusal(file, path -> OutputFile.write(path, out -> {
            out.write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));
        assertEquals("cannot be written: No space left on device", message);
        assertOnlyFile(file, "old");
        assertThrows(IllegalStateException.class, () -> OutputFile.write(file, out -> {
            out.write(new byte[100_000]);
            throw new IllegalStateException();
        }));
        assertOnlyFile(file, "old");
    }

    @Test
    void ofSeveralFilesAllAreWrittenOrNone() throws IOException {
        Path first = Files.writeString(folder.resolve("1"), "old");
        Path second = folder.resolve("2");
        Map<Path, OutputFile.Content> contents = new LinkedHashMap<>();
        contents.put(first, out -> out.write('n'));
        contents.put(second, out -> {
            throw new IOException("No space left on device");
        });
        assertEquals("cannot be written: No space left on device", refusal(second, path -> OutputFile.write(contents)));
        assertOnlyFile(first, "old");
        contents.put(second, out -> out.write('m'));
        OutputFile.write(contents);
        assertEquals(List.of("n", "m"), List.of(Files.readString(first), Files.readString(second)));
    }

    @Test
    void whatCannotBeWrittenIsKnownBefore() throws IOException {
        assertEquals("cannot be written: it exists and is not a regular file", refusal(folder, OutputFile::check));
        assertEquals("cannot be written: it exists and is not a regular file", refusal(Path.of("/"), OutputFile::check));
        assertEquals("cannot be written: no such directory",
                refusal(folder.resolve("missing").resolve("x"), OutputFile::check));
        Path file = Files.writeString(folder.resolve("x"), "old");
        OutputFile.check(file);
        OutputFile.check(Path.of("in-the-current-directory"));
        assertOnlyFile(file, "old");
    }

    /** Ends as Ctrl-C ends a process: shutdown hooks run, finally blocks do not. */
    static final class InterruptedWriter {
        static final int STATUS = 130;

        public static void main(String[] args) {
            OutputFile.write(Path.of(args[0]), out -> {
                out.write(new byte[100_000]);
                System.exit(STATUS);
            });
        }
    }

    @Test
    void whenTheProcessEndsInMidWriteTheOldFileStaysAndNothingElse() throws Exception {
        Path file = Files.writeString(folder.resolve("x"), "old");
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of(), InterruptedWriter.class, file.toString());
        assertEquals(InterruptedWriter.STATUS, result.status(), result.output());
        assertOnlyFile(file, "old");
    }

    private void assertOnlyFile(Path file, String content) throws IOException {
        assertEquals(content, Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "permissions and devices are POSIX")
    @Test
    void aDeviceIsNeitherReadNorReplaced() {
        Path device = Path.of("/dev/null");
        assertEquals("cannot be written: it exists and is not a regular file",
                refusal(device, path -> OutputFile.write(path, out -> out.write('n'))));
        assertEquals("is not a regular file", refusal(device, path -> InputFile.read(path, size -> size)));
    }
}
