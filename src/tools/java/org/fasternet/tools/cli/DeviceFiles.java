package org.fasternet.tools.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/** Properties of GPUs: those of common cards that come with the tools, by name, and files that {@code info} has written. */
final class DeviceFiles {
    static final List<String> KNOWN = List.of("a100", "h100", "l4", "orin", "rtx5090", "t4");

    private static final int MOST_BYTES = 1 << 16;

    private DeviceFiles() {}

    /** @param name one of {@link #KNOWN}, or a file */
    static String read(String name) {
        if (KNOWN.contains(name)) {
            return known(name);
        }
        Path file = Path.of(name);
        String shown = Files.exists(file) ? name : name + " (neither a file nor one of " + String.join(", ", KNOWN) + ")";
        return InputFile.read(file, shown, size -> {
            if (size > MOST_BYTES) {
                throw new MalformedException("has " + size + " bytes, at most " + MOST_BYTES + " are expected");
            }
            try {
                return Files.readString(file);
            } catch (CharacterCodingException e) {
                throw new MalformedException("is not text in UTF-8");
            }
        });
    }

    private static String known(String name) {
        try (InputStream in = DeviceFiles.class.getResourceAsStream("devices/" + name + ".json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
