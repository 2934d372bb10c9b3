package org.fasternet.internal.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * A file as it was when it was first looked at, to be read again later. It is not kept open, so a model holds no system
 * resource; nor mapped, since its pages would count as the process's memory and a truncation would kill it.
 */
public final class FileVersion {
    /** What changes when a file is written to or replaced; a key is what the system knows a file by, if anything. */
    private record Stamp(long size, FileTime modified, Object key) {
        static Stamp of(Path path) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    private final ReadableFile file;
    private final Stamp stamp;

    private FileVersion(ReadableFile file, Stamp stamp) {
        this.file = file;
        this.stamp = stamp;
    }

    public static FileVersion of(ReadableFile file) throws IOException {
        return new FileVersion(file, Stamp.of(file.path()));
    }

    public Path path() {
        return file.path();
    }

    /** Reads from the file. */
    public interface Reading {
        void run() throws IOException;
    }

    /**
     * Runs what reads the file as {@link InputFile#read} does.
     *
     * @throws org.fasternet.error.InvalidFileException also if the file has changed, or changes meanwhile
     */
    public void readAgain(Reading reading) {
        InputFile.read(file.path(), file.name(), size -> {
            requireUnchanged();
            reading.run();
            requireUnchanged();
            return size;
        });
    }

    private void requireUnchanged() throws IOException {
        if (!Stamp.of(file.path()).equals(stamp)) {
            throw new MalformedException("has changed since the model was loaded; its weights are read whenever a session is "
                    + "compiled, so load the model again");
        }
    }
}
