package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.ReadableFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that are no files of the user's. */
class StreamedCheckpointTest {
    private static final CheckpointOptions NONE = CheckpointOptions.none();

    @ParameterizedTest
    @ValueSource(strings = {"official.pth", "timm.safetensors"})
    void aStreamIsReadAsAFileIs(String name) throws IOException {
        Path file = resource("golden", "nano-relu", name);
        Checkpoint expected = Checkpoint.read(file);
        AtomicBoolean closed = new AtomicBoolean();
        InputStream in = new ByteArrayInputStream(Files.readAllBytes(file)) {
            @Override
            public void close() {
                closed.set(true);
            }
        };
        Checkpoint streamed = Checkpoint.read(in, "models/nano", NONE);
        assertTrue(closed.get());
        assertEquals("models/nano", streamed.source());
        assertEquals(expected.config(), streamed.config());
        expected.weights().forEach((key, tensor) -> assertArrayEquals(tensor.data(), streamed.weights().get(key).data(), key));
        try (Session session = FasterNet.load(Files.newInputStream(file), "nano").session()) {
            assertEquals(10, session.dstShapes().get(0).c());
        }
    }

    private static String refusal(InputStream in) {
        return assertThrows(InvalidFileException.class, () -> Checkpoint.read(in, "jar:model", NONE)).getMessage();
    }

    @Test
    void whatIsWrongWithAStreamBeginsWithItsName() throws IOException {
        byte[] whole = Files.readAllBytes(resource("golden", "nano-relu", "timm.safetensors"));
        assertEquals("jar:model: is empty", refusal(new ByteArrayInputStream(new byte[0])));
        assertTrue(refusal(new ByteArrayInputStream(Arrays.copyOf(whole, whole.length / 2))).startsWith("jar:model: tensor "));
        assertTrue(refusal(new ByteArrayInputStream("no model".getBytes())).startsWith("jar:model: "));
        String failing = refusal(new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the line went dead");
            }
        });
        assertEquals("jar:model: cannot be read: the line went dead", failing);
    }

    @Test
    void aStreamWithoutAnEndIsRefused() {
        InputStream zeros = new InputStream() {
            @Override
            public int read() {
                return 0;
            }
        };
        String refused = assertThrows(InvalidFileException.class, () -> ReadableFile.of(zeros, "zeros", 1 << 20)).getMessage();
        assertEquals("zeros: goes on after 1048576 bytes, which is more than any checkpoint has", refused);
    }

    /** The weights' file is there while somebody can read it, and not after. */
    @Test
    void theFileGoesWithWhoeverCanReadIt() throws Exception {
        ReadableFile file = ReadableFile.of(new ByteArrayInputStream(new byte[3]), "three", 3);
        Path path = file.path();
        System.gc();
        assertEquals(3, Files.size(file.path()));
        file = null;
        for (int i = 0; i < 100 && Files.exists(path); i++) {
            System.gc();
            Thread.sleep(20);
        }
        assertFalse(Files.exists(path));
    }
}
