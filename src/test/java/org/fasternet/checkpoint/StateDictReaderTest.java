package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.refusal;
import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateDictReaderTest {
    @TempDir
    Path folder;

    /** The two files hold the same network under different names, in the same order. */
    @ParameterizedTest
    @CsvSource({"nano-relu, 58", "layer-scale, 55", "half-weights, 51", "three-stages-gray, 42", "odd-gelu, 58"})
    void pyTorchAndSafetensorsGiveTheSameValues(String golden, int count) {
        Map<String, Tensor> pth = StateDictReader.read(resource("golden", golden, "official.pth"));
        Map<String, Tensor> safetensors = StateDictReader.read(resource("golden", golden, "timm.safetensors"));
        assertEquals(count, pth.size());
        assertEquals(count, safetensors.size());
        Iterator<Tensor> others = safetensors.values().iterator();
        pth.forEach((key, tensor) -> {
            Tensor other = others.next();
            assertArrayEquals(other.shape(), tensor.shape(), key);
            assertArrayEquals(other.data(), tensor.data(), key);
        });
    }

    @Test
    void keysKeepTheirNamesAndOrder() {
        Map<String, Tensor> lightning = StateDictReader.read(resource("golden", "layer-scale", "official.pth"));
        List<String> keys = List.copyOf(lightning.keySet());
        assertEquals("model.patch_embed.proj.weight", keys.get(0));
        assertEquals("model.patch_embed.norm.weight", keys.get(1));
        assertArrayEquals(new int[] {24, 3, 4, 4}, lightning.get(keys.get(0)).shape());
    }

    @Test
    void theContentDecidesNotTheName() throws IOException {
        Path misnamed = folder.resolve("weights.pth");
        Files.copy(resource("golden", "half-weights", "timm.safetensors"), misnamed);
        assertEquals(51, StateDictReader.read(misnamed).size());
    }

    @Test
    void metadataIsThatOfTheSafetensorsHeader() {
        assertEquals(Map.of("format", "pt"), StateDictReader.metadata(resource("golden", "half-weights", "timm.safetensors")));
        assertEquals(Map.of(), StateDictReader.metadata(resource("golden", "half-weights", "official.pth")));
    }

    @Test
    void refusesWhatIsNoCheckpoint() throws IOException {
        assertEquals("no such file", refusal(folder.resolve("missing"), StateDictReader::read));
        assertEquals("is empty", refusal(Files.createFile(folder.resolve("empty")), StateDictReader::read));
        Path file = Files.writeString(folder.resolve("weights.pth"), "version https://git-lfs.github.com/spec/v1");
        assertEquals("is no checkpoint: neither a zip file as torch.save writes nor safetensors",
                refusal(file, StateDictReader::read));
        Files.writeString(file, "tiny");
        assertEquals("ends early: it is truncated or damaged", refusal(file, StateDictReader::read));
    }

    @Test
    void refusesTheFormatsOfOldPyTorchByTheirName() throws IOException {
        Path file = folder.resolve("old.pth");
        // What torch.save(..., _use_new_zipfile_serialization=False) begins with.
        Files.write(file, "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.\u0080\u0002M\u00e9\u0003."
                .getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(refusal(file, StateDictReader::read).startsWith("is in the format of PyTorch before 1.6"));
        byte[] tar = new byte[512];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        Files.write(file, tar);
        assertTrue(refusal(file, StateDictReader::read).startsWith("is in the format of PyTorch before 1.6"));
    }

    @Test
    void warnsOfNanAndInfinity() {
        Path file = folder.resolve("nan.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("fine", new Tensor(new int[] {1}, new float[] {1}));
        tensors.put("first", new Tensor(new int[] {3}, new float[] {Float.NaN, 0, Float.NEGATIVE_INFINITY}));
        // Looked at in pieces.
        float[] many = new float[1 << 16];
        many[9] = Float.POSITIVE_INFINITY;
        many[many.length - 1] = Float.NaN;
        tensors.put("second", new Tensor(new int[] {2, many.length / 2}, many));
        SafetensorsWriter.write(file, tensors, DType.F16, Map.of());
        List<String> logged = logged(() -> assertEquals(3, StateDictReader.read(file).size()));
        assertEquals(List.of(file + ": 4 weights are NaN or infinite, the first in tensor 'first'"), logged);
    }

    /** The weights of layers are read again whenever they are asked for; biases and the like are there. */
    @ParameterizedTest
    @ValueSource(strings = {"official.pth", "timm.safetensors"})
    void onlyVectorsAreKept(String name) {
        StateDictReader.read(resource("golden", "layer-scale", name)).forEach((key, tensor) -> {
            if (tensor.rank() == 1) {
                assertSame(tensor.data(), tensor.data(), key);
            } else {
                assertNotSame(tensor.data(), tensor.data(), key);
                assertArrayEquals(tensor.data(), tensor.data(), key);
            }
        });
    }

    @Test
    void theLargestFiniteMagnitudeIsNoted() {
        Path file = folder.resolve("nan.safetensors");
        float[] values = {1, -3, Float.NaN, 2, Float.NEGATIVE_INFINITY, 0};
        SafetensorsWriter.write(file, Map.of("w", new Tensor(new int[] {2, 3}, values)), DType.F32, Map.of());
        logged(() -> assertEquals(3, StateDictReader.read(file).get("w").bound()));
    }

    private static List<String> logged(Runnable action) {
        List<String> messages = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logRecord) {
                messages.add(logRecord.getMessage());
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger logger = Logger.getLogger(StateDictReader.class.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            action.run();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        return messages;
    }
}
