package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.Consumer;
import org.fasternet.error.InvalidFileException;

/** The files that tests read, whole and damaged. */
public final class TestFiles {
    private static final Path RESOURCES = Path.of("src", "test", "resources");

    private TestFiles() {
    }

    /** For example {@code resource("golden", "nano-relu", "official.pth")}. */
    public static Path resource(String first, String... more) {
        return RESOURCES.resolve(Path.of(first, more));
    }

    /** Asserts that {@code read} refuses the file in one sentence that begins with its path, and returns what follows. */
    public static String refusal(Path file, Consumer<Path> read) {
        String message = assertThrows(InvalidFileException.class, () -> read.accept(file)).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertTrue(message.lines().count() == 1, message);
        return message.substring((file + ": ").length());
    }

    /** Asserts that {@code read} says so when there is no file, no content, or a folder. */
    public static void assertAbsenceIsNamed(Path folder, Consumer<Path> read) throws IOException {
        assertEquals("no such file", refusal(folder.resolve("missing"), read));
        assertEquals("is a directory, not a file", refusal(folder, read));
        assertEquals("is empty", refusal(Files.createFile(folder.resolve("empty")), read));
    }

    /** Asserts that a file with the first n bytes of {@code whole} is refused, for each n. */
    public static void assertEveryPrefixIsRefused(byte[] whole, Path file, Consumer<Path> read) throws IOException {
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            refusal(file, read);
        }
    }

    /** Runs {@code read} on the file with each bit flipped in turn: it may succeed or refuse, and throw nothing else. */
    public static void flipEveryBit(byte[] whole, Path file, Consumer<Path> read) throws IOException {
        Files.write(file, whole);
        for (int bit = 0; bit < whole.length * Byte.SIZE; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            // In place: a file system may write a file to the disk at once that was cut to nothing before.
            Files.write(file, damaged, StandardOpenOption.WRITE);
            try {
                read.accept(file);
            } catch (InvalidFileException refused) {
                assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("with bit " + bit + " flipped", e);
            }
        }
    }
}
