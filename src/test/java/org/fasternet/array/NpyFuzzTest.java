package org.fasternet.array;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.error.FasterNetException;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a .npy file holds, the reader succeeds or refuses. */
class NpyFuzzTest {
    @TempDir
    static Path folder;

    @FuzzTest
    void npy(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("fuzzed"), content);
        try {
            Npy.read(file);
        } catch (FasterNetException refused) {
            // As it should.
        }
    }
}
