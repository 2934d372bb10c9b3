package org.fasternet.internal.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.fasternet.error.InvalidFileException;

/** The one place where reading a file can fail: whatever goes wrong becomes one sentence that begins with the path. */
public final class InputFile {
    private InputFile() {
    }

    /** Reads one format. */
    public interface Parser<T> {
        /**
         * @param size the file's size in bytes, at least 1
         * @throws MalformedException if the content is at fault
         */
        T parse(long size) throws IOException;
    }

    /**
     * Runs {@code parser} if {@code path} is a regular file with something in it.
     *
     * @throws InvalidFileException if it is not, or if the parser throws an {@link IOException}
     */
    public static <T> T read(Path path, Parser<T> parser) {
        return read(path, path.toString(), parser);
    }

    /** As {@link #read(Path, Parser)}, of a file that the user knows by another name. */
    public static <T> T read(Path path, String name, Parser<T> parser) {
        return parse(name, () -> {
            if (Files.isDirectory(path)) {
                throw new MalformedException("is a directory, not a file");
            }
            long size = Files.size(path);
            if (!Files.isRegularFile(path)) {
                throw new MalformedException("is not a regular file");
            }
            if (size == 0) {
                throw new MalformedException("is empty");
            }
            return parser.parse(size);
        });
    }

    /** Reads what need not be a file. */
    public interface Reading<T> {
        T run() throws IOException;
    }

    /** Runs {@code reading}; what it throws becomes one sentence that begins with the name, as in {@link #read}. */
    public static <T> T parse(String name, Reading<T> reading) {
        try {
            return reading.run();
        } catch (NoSuchFileException e) {
            throw new InvalidFileException(name + ": no such file", e);
        } catch (MalformedException e) {
            throw new InvalidFileException(name + ": " + e.getMessage(), e);
        } catch (EOFException e) {
            throw new InvalidFileException(name + ": ends early: it is truncated or damaged", e);
        } catch (IOException e) {
            throw new InvalidFileException(name + ": cannot be read: " + reason(e), e);
        }
    }

    /** Why the system refused, without the path that some messages repeat. Whoever writes or searches misses a directory. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such directory";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String message = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return message == null ? "the system gives no reason" : message;
    }
}
