package org.fasternet.internal.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.fasternet.error.InvalidFileException;

/** Writes files completely or not at all. */
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

    private interface Action {
        void run() throws IOException;
    }

    /** As {@link #write(Map)}, of one file. */
    public static void write(Path path, Content content) {
        write(Map.of(path, content));
    }

    /**
     * Writes each content to a temporary file beside its path, and when all are written, moves each into place atomically, over a
     * file that is already there. If writing fails, every path is as it was and nothing is left behind.
     *
     * @throws InvalidFileException if a file cannot be written; what a content throws unchecked passes through
     */
    public static void write(Map<Path, Content> contents) {
        contents.keySet().forEach(OutputFile::check);
        Map<Path, Path> partials = new LinkedHashMap<>();
        contents.keySet().forEach(path -> partials.put(path, partial(path)));
        PARTIALS.addAll(partials.values());
        try {
            contents.forEach((path, content) -> attempt(path, () -> write(content, partials.get(path))));
            partials.forEach((path, partial) -> attempt(path, () -> Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE)));
        } finally {
            partials.values().forEach(partial -> partial.toFile().delete());
            PARTIALS.removeAll(partials.values());
        }
    }

    /**
     * Refuses what {@link #write} would refuse, as far as that can be told before: for commands that compute for long.
     *
     * @throws InvalidFileException if {@code path} is something other than a file, or its directory can't be written to
     */
    public static void check(Path path) {
        attempt(path, () -> {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new MalformedException("it exists and is not a regular file");
            }
            Path directory = path.toAbsolutePath().getParent();
            if (!Files.isDirectory(directory)) {
                throw new NoSuchFileException(directory.toString());
            }
            if (!Files.isWritable(directory)) {
                throw new AccessDeniedException(directory.toString());
            }
        });
    }

    /** Not Files.createTempFile: it gives the file a mode that only its owner can read. */
    private static Path partial(Path path) {
        return path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".part");
    }

    private static void write(Content content, Path partial) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW))) {
            content.writeTo(out);
        }
    }

    private static void attempt(Path path, Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new InvalidFileException(path + ": cannot be written: " + InputFile.reason(e), e);
        }
    }
}
