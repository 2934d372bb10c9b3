package org.fasternet.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.error.FasterNetException;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a checkpoint holds, the readers succeed or refuse. */
class StateDictFuzzTest {
    @TempDir
    static Path folder;

    private static void readOrRefuse(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("fuzzed"), content);
        try {
            StateDictReader.read(file);
            StateDictReader.metadata(file);
        } catch (FasterNetException refused) {
            // As it should.
        }
    }

    @FuzzTest
    void pth(byte[] content) throws IOException {
        readOrRefuse(content);
    }

    /** Spares the fuzzer the zip file around the pickle, whose sizes and offsets it would have to keep right. */
    @FuzzTest
    void pickle(byte[] content) throws IOException {
        readOrRefuse(PthFiles.stored(PthFiles.entries(content, 96)));
    }

    /** The shards are not there, or whatever lies in the folder. */
    @FuzzTest
    void index(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("fuzzed.index.json"), content);
        try {
            StateDictReader.read(file);
        } catch (FasterNetException refused) {
            // As it should.
        }
    }

    @FuzzTest
    void safetensors(byte[] content) throws IOException {
        readOrRefuse(content);
    }
}
