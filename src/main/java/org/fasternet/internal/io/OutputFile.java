package org.fasternet.internal.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.fasternet.InvalidFileException;

/** Writes a file completely or not at all. */
public final class OutputFile {
    /** What is being written, to be deleted also when the process is told to end. */
    private static final Set<Path> PARTIALS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> PARTIALS.forEach(partial -> partial.toFile().delete())));
    }

    private OutputFile() {
    }

    /** Writes one format. */
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes {@code content} to a temporary file beside {@code path} and moves it into place atomically, over a file that is
     * already there. If anything fails, {@code path} is as it was and nothing is left behind.
     *
     * @throws InvalidFileException if the file cannot be written; what {@code content} throws unchecked passes through
     */
    public static void write(Path path, Content content) {
        // Not Files.createTempFile: it gives the file a mode that only its owner can read.
        Path partial = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new MalformedException("it exists and is not a regular file");
            }
            PARTIALS.add(partial);
            try {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW))) {
                    content.writeTo(out);
                }
                Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(partial);
                PARTIALS.remove(partial);
            }
        } catch (IOException e) {
            throw new InvalidFileException(path + ": cannot be written: " + InputFile.reason(e), e);
        }
    }
}
