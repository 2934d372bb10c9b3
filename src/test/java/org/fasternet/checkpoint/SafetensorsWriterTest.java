package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
    @TempDir
    Path folder;

    private static Map<String, Tensor> tensors(float... values) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("w", new Tensor(new int[] {values.length, 1}, values));
        tensors.put("b", new Tensor(new int[] {}, new float[] {-2}));
        return tensors;
    }

    @Test
    void theLayoutIsThatOfTheFormat() throws IOException {
        Path file = folder.resolve("x.safetensors");
        SafetensorsWriter.write(file, tensors(1), DType.F16, Map.of("k", "v"));
        String json = "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"F16\",\"shape\":[1,1],\"data_offsets\":[0,2]},"
                + "\"b\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[2,4]}}";
        assertEquals(133, json.length());
        assertEquals("\u0088\0\0\0\0\0\0\0" + json + "   " + "\0\u003c\0\u00c0",
                new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    }

    /** More values than one chunk of the conversion holds, all of which every dtype holds exactly. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = "I8", mode = EnumSource.Mode.EXCLUDE)
    void valuesSurviveARoundTrip(DType dtype) throws IOException {
        float[] values = new float[70_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 255 - 127) * 0x1p-9f;
        }
        Path file = Files.writeString(folder.resolve("x.safetensors"), "an older file");
        SafetensorsWriter.write(file, tensors(values), dtype, Map.of());
        Map<String, Tensor> read = StateDictReader.read(file);
        assertEquals(List.of("w", "b"), List.copyOf(read.keySet()));
        assertArrayEquals(values, read.get("w").data());
        assertArrayEquals(new int[] {70_001, 1}, read.get("w").shape());
        assertArrayEquals(new float[] {-2}, read.get("b").data());
    }

    @Test
    void aValueThatWouldBecomeInfiniteIsRefusedAndTheOldFileStays() throws IOException {
        Path file = Files.writeString(folder.resolve("x.safetensors"), "an older file");
        UnsupportedException refused = assertThrows(UnsupportedException.class,
                () -> SafetensorsWriter.write(file, tensors(1, -65520), DType.F16, Map.of()));
        assertEquals("tensor 'w' holds -65520.0, which is out of the range of F16", refused.getMessage());
        assertEquals("an older file", Files.readString(file));
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        Path missing = folder.resolve("missing").resolve("x.safetensors");
        assertEquals("cannot be written: no such directory",
                refusal(missing, path -> SafetensorsWriter.write(path, tensors(1), DType.F32, Map.of())));
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }
}
