package org.fasternet.internal.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;

/**
 * A file as it was when it was first looked at, to be read again later. It is not kept open, so a model holds no system
 * resource; nor mapped, since its pages would count as the process's memory and a truncation would kill it.
 */
public final class FileVersion {
    private final ReadableFile file;
    private final List<Object> stamp;

    private FileVersion(ReadableFile file, List<Object> stamp) {
        this.file = file;
        this.stamp = stamp;
    }

    public static FileVersion of(ReadableFile file) throws IOException {
        return new FileVersion(file, stamp(file.path()));
    }

    /**
     * What changes when a file is written to or replaced; a key is what the system knows a file by. Windows tells none: there a
     * file replaced by one of the same size and time is taken for the same.
     */
    private static List<Object> stamp(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return Arrays.asList(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
    }

    public Path path() {
        return file.path();
    }

    /** Reads from the file. */
    public interface Reading {
        void run() throws IOException;
    }

    /**
     * Runs what reads the file; what it throws becomes a sentence as in {@link InputFile#read}.
     *
     * @throws org.fasternet.error.InvalidFileException also if the file has changed, or changes meanwhile
     */
    public void readAgain(Reading reading) {
        // What InputFile.read looks at is in the stamp; a network reads a hundred tensors this way.
        InputFile.parse(file.name(), () -> {
            requireUnchanged();
            reading.run();
            requireUnchanged();
            return null;
        });
    }

    /** @throws MalformedException if the file is not as it was */
    public void requireUnchanged() throws IOException {
        if (!stamp(file.path()).equals(stamp)) {
            throw new MalformedException("has changed since the model was loaded; its weights are read whenever a session is "
                    + "compiled, so load the model again");
        }
    }
}
