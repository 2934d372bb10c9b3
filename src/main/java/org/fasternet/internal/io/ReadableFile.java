package org.fasternet.internal.io;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file to be read, now and later. One that a stream was written to belongs to this object, and is deleted once nobody can read
 * it any more, or when the JVM ends.
 */
public final class ReadableFile {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final String name;

    private ReadableFile(Path path, String name) {
        this.path = path;
        this.name = name;
    }

    /** A file of the user's. */
    public static ReadableFile of(Path path) {
        return new ReadableFile(path, path.toString());
    }

    /**
     * Writes a stream, to its end, to a file of its own in the folder for temporary files.
     *
     * @param name what exceptions call it
     * @param most bytes that are taken: a stream may never end
     * @throws org.fasternet.error.InvalidFileException if the stream is longer, or it or the file fails
     */
    public static ReadableFile of(InputStream stream, String name, long most) {
        return InputFile.parse(name, () -> {
            Path path = Files.createTempFile("fasternet-", ".weights");
            ReadableFile file = new ReadableFile(path, name);
            CLEANER.register(file, () -> path.toFile().delete());
            path.toFile().deleteOnExit();
            try (InputStream in = new BufferedInputStream(stream, CHUNK); OutputStream out = Files.newOutputStream(path)) {
                copy(in, out, most);
            } catch (IOException e) {
                path.toFile().delete();
                throw e;
            }
            return file;
        });
    }

    private static void copy(InputStream in, OutputStream out, long most) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long copied = 0;
        for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
            copied += count;
            if (copied > most) {
                throw new MalformedException("goes on after " + most + " bytes, which is more than any checkpoint has");
            }
            out.write(chunk, 0, count);
        }
    }

    public Path path() {
        return path;
    }

    /** What the user knows it by. */
    public String name() {
        return name;
    }
}
