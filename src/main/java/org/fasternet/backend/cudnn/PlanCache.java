package org.fasternet.backend.cudnn;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.OutputFile;

/**
 * Plans and compiled kernels in a folder, so that a later start needs no compiler. A file begins with the key that it was written
 * for and the hash of what follows; one that is damaged, or another's, is as if it were not there. Threads and processes may share
 * it: files appear whole.
 */
final class PlanCache {
    /** System property: the folder. Unset, it is {@code fasternet} in {@link #caches}. */
    static final String PROPERTY = "fasternet.cachedir";

    private static final System.Logger LOG = System.getLogger(PlanCache.class.getName());
    private static final String MAGIC = "fasternet cache 1\n";
    private static final int MOST_BYTES = 64 << 20;
    private static final int NAME_BYTES = 16;

    private final Path folder;

    PlanCache(Path folder) {
        this.folder = folder;
    }

    /** That of the process. */
    static PlanCache ofProcess() {
        String asked = System.getProperty(PROPERTY);
        return new PlanCache(asked == null
                ? caches(System.getenv(), Path.of(System.getProperty("user.home"))).resolve("fasternet") : Path.of(asked));
    }

    /** The user's folder for caches: as the XDG base directories say, as Windows does, else {@code .cache}. */
    static Path caches(Map<String, String> environment, Path home) {
        return Stream.of("XDG_CACHE_HOME", "LOCALAPPDATA").map(name -> environment.getOrDefault(name, ""))
                .filter(path -> !path.isEmpty()).findFirst().map(Path::of).orElse(home.resolve(".cache"));
    }

    /** What was written for a key; empty if nothing that can be read was. */
    Optional<byte[]> read(String key) {
        Path file = file(key);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
                return Optional.empty();
            }
            byte[] content = Files.readAllBytes(file);
            int header = header(key, new byte[0]).length;
            if (content.length < header) {
                return Optional.empty();
            }
            byte[] payload = Arrays.copyOfRange(content, header, content.length);
            return Arrays.equals(header(key, payload), Arrays.copyOf(content, header)) ? Optional.of(payload) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Does nothing where it cannot: who computes needs no cache. */
    void write(String key, byte[] payload) {
        try {
            create();
            write(file(key), key, payload);
        } catch (IOException | InvalidFileException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "the plan cache " + folder + " cannot be written to: " + e.getMessage());
        }
    }

    /**
     * Makes the folder, for whom it is the result.
     *
     * @throws InvalidFileException if it cannot be written to
     */
    void require() {
        try {
            create();
            OutputFile.check(folder.resolve("plan"));
        } catch (IOException e) {
            throw new InvalidFileException(folder + ": cannot be created: " + InputFile.reason(e), e);
        }
    }

    private void create() throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
    }

    private static void write(Path file, String key, byte[] payload) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(header(key, payload));
        content.writeBytes(payload);
        OutputFile.write(file, content::writeTo);
    }

    private static byte[] header(String key, byte[] payload) {
        return (MAGIC + key + "\n" + HexFormat.of().formatHex(sha256(payload)) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private Path file(String key) {
        byte[] hash = sha256(key.getBytes(StandardCharsets.UTF_8));
        return folder.resolve(HexFormat.of().formatHex(hash, 0, NAME_BYTES) + ".plan");
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
