package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.assertEveryPrefixIsRefused;
import static org.fasternet.TestFiles.flipEveryBit;
import static org.fasternet.TestFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsReaderTest {
    @TempDir
    Path folder;

    private Path file(long headerLength, String header, byte... data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer content = ByteBuffer.allocate(Long.BYTES + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(folder.resolve("x.safetensors"), content.putLong(headerLength).put(json).put(data).array());
    }

    private Path file(String header, byte... data) throws IOException {
        return file(header.length(), header, data);
    }

    @Test
    void theHeadersOrderIsKeptAndCountersAreDropped() throws IOException {
        Map<String, Tensor> tensors = StateDictReader.read(file(
                "{\"b\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[4,6]},"
                + "\"n.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[6,14]},"
                + "\"e\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[4,4]},"
                + "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}  ",
                new byte[] {0, 0x3c, 0, (byte) 0xc0, (byte) 0xc0, 0x3f, 9, 0, 0, 0, 0, 0, 0, 0}));
        assertEquals(List.of("b", "e", "a"), List.copyOf(tensors.keySet()));
        assertArrayEquals(new float[] {1.5f}, tensors.get("b").data());
        assertArrayEquals(new int[] {1, 1}, tensors.get("b").shape());
        assertArrayEquals(new int[] {2, 0}, tensors.get("e").shape());
        assertArrayEquals(new float[] {1, -2}, tensors.get("a").data());
    }

    @ParameterizedTest
    @CsvSource({"200, 200", "-1, 18446744073709551615", "100000000, 100000000", "1, 1", "0, 0",
        "9223372036854775807, 9223372036854775807"})
    void aHeaderFitsItsFile(long claimed, String shown) throws IOException {
        String message = refusal(file(claimed, "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", new byte[4]),
                StateDictReader::read);
        assertTrue(message.startsWith("claims a safetensors header of " + shown + " bytes in a file of 66"), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '^', value = {
        "'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]} # of which its tensors cover 8",
        "'x':{'dtype':'F32','shape':[3],'data_offsets':[4,16]} # expected to begin at 0",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,20]} # bytes 0 to 20 of 16",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,9223372036854775807]} # to 9223372036854775807 of 16",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[-16,0]} # bytes -16 to 0",
        "'x':{'dtype':'F32','shape':[0],'data_offsets':[0,-4]} # bytes 0 to -4",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'y':{'dtype':'F32','shape':[1],'data_offsets':[12,16]} # 'y' lies",
        "'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'y':{'dtype':'F32','shape':[1],'data_offsets':[12,16]} # at 8",
        "'x':{'dtype':'F32','shape':[3],'data_offsets':[0,16]} # 'x' has 16 bytes; 3 values of F32 need 12",
        "'x':{'dtype':'F32','shape':[65536,65536],'data_offsets':[0,16]} # shape [65536, 65536]; sizes of 0 or more",
        "'x':{'dtype':'F32','shape':[-4],'data_offsets':[0,16]} # shape [-4]; sizes of 0 or more",
        "'x':{'dtype':'I64','shape':[2],'data_offsets':[0,16]} # holds no tensor of floating point",
        "'x':{'dtype':'F8_E4M3','shape':[16],'data_offsets':[0,16]} # dtype 'F8_E4M3'; one of [F64, F32, F16, BF16]",
        "'x':{'dtype':'F32','shape':[4.5],'data_offsets':[0,16]} # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,16]} # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':4,'data_offsets':[0,16]} # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,8,16]} # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':{'0':0,'1':16}} # 'x' has a header entry other than",
        "'x':{'dtype':32,'shape':[4],'data_offsets':[0,16]} # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,16],'more':1} # 'x' has a header entry other than",
        "'x':7 # 'x' has a header entry other than",
        "'x':{'dtype':'F32','shape':[[4]],'data_offsets':[0,16]} # header that is not valid",
        "'x':{'dtype':'F32','dtype':'F16','shape':[4],'data_offsets':[0,16]} # not valid: Duplicate field 'dtype'",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'x':7 # not valid: Duplicate field 'x'",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}},{ # header that is not valid",
        "'x':{'dtype':'F32','shape':[4],'data_offsets':[0,1 # header that is not valid"})
    void theTensorsCoverTheFileExactly(String entries, String fault) throws IOException {
        String message = refusal(file("{" + entries.replace('\'', '"') + "}", new byte[16]), StateDictReader::read);
        assertTrue(message.contains(fault), message);
    }

    @Test
    void metadataIsAMapOfStrings() throws IOException {
        assertEquals(Map.of("a", "b"), StateDictReader.metadata(file("{\"__metadata__\":{\"a\":\"b\"}}")));
        String message = refusal(file("{\"__metadata__\":{\"a\":1}}"), StateDictReader::metadata);
        assertEquals("__metadata__ holds something other than a string under 'a'", message);
        assertEquals("holds no tensor of floating point", refusal(file("{\"__metadata__\":{\"a\":\"b\"}}"), StateDictReader::read));
    }

    @Test
    void aFileTruncatedAnywhereIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(file("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[8]));
        assertEveryPrefixIsRefused(whole, folder.resolve("cut.safetensors"), StateDictReader::read);
    }

    @Test
    void anyFlippedBitIsSurvived() throws IOException {
        byte[] whole = Files.readAllBytes(file("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[8]));
        flipEveryBit(whole, folder.resolve("flipped.safetensors"), StateDictReader::read);
    }

    /** Rows as long as no power of two, in a tensor that is looked at in several pieces, of which each has a part of a row. */
    @Test
    void everyRowHasItsScaleInEveryPiece() {
        int rows = 37;
        int row = 1_500;
        float[] scales = new float[rows];
        for (int r = 0; r < rows; r++) {
            scales[r] = r + 1;
        }
        scales[30] = 1_000;
        float[] whole = new float[rows * row];
        Arrays.fill(whole, 2);
        Path file = folder.resolve("whole.safetensors");
        MatrixScales matrix = new MatrixScales(scales, new float[rows], Optional.empty(), Optional.empty());
        String json = new StoredQuantization(
                "largest", 1, "", new QuantizationParams(1, 0), Optional.empty(), Map.of("w", matrix)).json();
        SafetensorsWriter.write(file, Map.of("w.weight", new Tensor(new int[] {rows, row}, whole)), name -> DType.I8,
                Map.of(StoredQuantization.METADATA_KEY, json));
        Tensor read = StateDictReader.read(file).get("w.weight");
        assertEquals(2_000, read.bound());
        float[] values = read.data();
        for (int i = 0; i < values.length; i++) {
            assertEquals(2 * scales[i / row], values[i], "at " + i);
        }
    }

    /** Large enough for several threads. */
    @Test
    void theTensorsOfALargeFileComeInItsOrder(@TempDir Path folder) {
        Map<String, Tensor> written = new LinkedHashMap<>();
        for (int i = 0; i < 5; i++) {
            float[] values = new float[1 << 22];
            values[i] = i + 1;
            written.put("t" + (4 - i), new Tensor(new int[] {1 << 11, 1 << 11}, values));
        }
        Path file = folder.resolve("large.safetensors");
        SafetensorsWriter.write(file, written, DType.F32, Map.of());
        Map<String, Tensor> read = StateDictReader.read(file);
        assertEquals(new ArrayList<>(written.keySet()), new ArrayList<>(read.keySet()));
        for (int i = 0; i < 5; i++) {
            Tensor tensor = read.get("t" + (4 - i));
            assertEquals(i + 1, tensor.data()[i]);
            assertEquals(i + 1, tensor.bound());
        }
    }
}
