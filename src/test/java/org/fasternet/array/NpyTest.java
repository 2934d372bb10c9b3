package org.fasternet.array;

import static org.fasternet.TestFiles.assertAbsenceIsNamed;
import static org.fasternet.TestFiles.assertEveryPrefixIsRefused;
import static org.fasternet.TestFiles.flipEveryBit;
import static org.fasternet.TestFiles.refusal;
import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.fasternet.error.InvalidFileException;
import org.fasternet.tensor.HalfPrecision;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    private static final String PLAIN = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    @TempDir
    Path folder;

    /** A file of format {@code major}.0 whose values are zeros. */
    private Path file(int major, String header, int valueBytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer length = ByteBuffer.allocate(major == 1 ? 2 : 4).order(ByteOrder.LITTLE_ENDIAN);
        length.put(0, (byte) header.length());
        out.writeBytes("\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(new byte[] {(byte) major, 0});
        out.writeBytes(length.array());
        out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[valueBytes]);
        return Files.write(folder.resolve("array.npy"), out.toByteArray());
    }

    /** NumPy wrote these, so both directions are compared with it: the header byte for byte, the values at both ends. */
    @ParameterizedTest
    @CsvSource({"nano-relu/input.npy, 2, 3, 64, 64", "three-stages-gray/input.npy, 1, 1, 48, 48",
        "odd-gelu/input.npy, 1, 3, 72, 104", "features/features3.npy, 1, 128, 2, 2"})
    void readsAndWritesWhatNumpyWrites(String name, int n, int c, int h, int w) throws IOException {
        Path numpy = resource("golden", name);
        Tensor tensor = Npy.read(numpy);
        assertArrayEquals(new int[] {n, c, h, w}, tensor.shape());
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(numpy)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(bytes.getFloat(128), tensor.data()[0]);
        assertEquals(bytes.getFloat(bytes.capacity() - 4), tensor.data()[n * c * h * w - 1]);
        Path ours = folder.resolve("ours.npy");
        Npy.write(ours, tensor);
        assertArrayEquals(bytes.array(), Files.readAllBytes(ours));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "2,3", "0,4", "1,2,3,4,5,6,1,1"})
    void everyRankSurvivesARoundTrip(String sizes) throws IOException {
        int[] shape = sizes.isEmpty() ? new int[0] : Arrays.stream(sizes.split(",")).mapToInt(Integer::parseInt).toArray();
        float[] values = new float[Tensor.elements(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i - 1.5f;
        }
        Path file = folder.resolve("x.npy");
        Npy.write(file, new Tensor(shape, values));
        Npy.write(file, new Tensor(shape, values));
        assertArrayEquals(shape, Npy.read(file).shape());
        assertArrayEquals(values, Npy.read(file).data());
        try (var left = Files.list(folder)) {
            assertEquals(1, left.count(), "only the file itself is left");
        }
    }

    @Test
    void oneSizeIsWrittenAsATupleNotAsANumber() throws IOException {
        Path file = folder.resolve("x.npy");
        Npy.write(file, new Tensor(new int[] {5}, new float[5]));
        assertTrue(Files.readString(file, StandardCharsets.ISO_8859_1).contains("'shape': (5,), }"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryFormatVersion(int major) throws IOException {
        assertArrayEquals(new int[] {2, 3}, Npy.read(file(major, PLAIN, 24)).shape());
    }

    @Test
    void theOrderOfTheHeadersKeysIsFree() throws IOException {
        assertArrayEquals(new int[] {3}, Npy.read(file(1, "{'shape':(3,),'fortran_order':False,'descr':'<f4'}\n", 12)).shape());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '"', value = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), } # has 24 bytes of values; its shape [2, 3] needs 48",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), } # dtype '<i4', which are integers: a network takes",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (24,), } # dtype '|u1', which are integers",
        "{'descr': '|b1', 'fortran_order': False, 'shape': (24,), } # dtype '|b1', which are integers",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), } # dtype '<c8'; float16, float32 or float64 is expected",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), } # dtype '|O'; float16, float32",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), } # dtype '[(a, <f4)]'; float16, float32",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), } # 24 bytes of values; its shape [2, 4] needs 32",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), } # 24 bytes of values; its shape [2, 2] needs 16",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536), } # shape [65536, 65536]; sizes of 0 or more",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), } # shape '(99999999999999999999,)'; a tuple",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), } # has 9 dimensions; at most 8",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), } # header '{'descr': '<f4',",
        "{'descr': '<f4', 'fortran_order': False} # the keys '[",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': True} # the keys '[",
        "__import__('os').system('true') # header '__import__"})
    void refusesAnyOtherArray(String header, String fault) throws IOException {
        String message = refusal(file(1, header, 24), Npy::read);
        assertTrue(message.contains(fault), message);
    }

    /** NumPy 2 wrote these: arange(24).reshape(2, 3, 4) / 3, as each type says it. */
    @ParameterizedTest
    @ValueSource(strings = {"f2.npy", "f4-big-endian.npy", "f4-fortran.npy", "f8.npy", "f8-big-endian-fortran.npy", "stored.npz",
        "deflated-f8.npz"})
    void otherTypesAndOrdersAreConverted(String name) throws IOException {
        Tensor tensor = Npy.read(resource("array", name));
        assertArrayEquals(new int[] {2, 3, 4}, tensor.shape());
        float[] expected = new float[24];
        for (int i = 0; i < expected.length; i++) {
            float exact = (float) (i / 3.0);
            expected[i] = name.startsWith("f2") ? HalfPrecision.f16ToFloat(HalfPrecision.floatToF16(exact)) : exact;
        }
        assertArrayEquals(expected, tensor.data());
        try (InputStream in = Files.newInputStream(resource("array", name))) {
            assertArrayEquals(expected, Npy.read(in, "-").data());
        }
    }

    @Test
    void anNpzFileHasOneArray() throws IOException {
        assertEquals("is a .npz file of several arrays, 'a.npy' and 'b.npy' among them; one is expected",
                refusal(resource("array", "two.npz"), Npy::read));
        byte[] whole = Files.readAllBytes(resource("array", "deflated-f8.npz"));
        flipEveryBit(whole, folder.resolve("flipped.npz"), Npy::read);
        byte[] empty = {'P', 'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        refusal(Files.write(folder.resolve("empty.npz"), empty), Npy::read);
    }

    /** What it claims is not allocated: 8 GB here. */
    @Test
    void aStreamThatEndsEarlyIsRefused() throws IOException {
        String huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 250000000), }";
        byte[] file = Files.readAllBytes(file(1, huge, 24));
        String refused = assertThrows(
                InvalidFileException.class, () -> Npy.read(new ByteArrayInputStream(file), "standard input")).getMessage();
        assertEquals("standard input: ends early: it is truncated or damaged", refused);
        byte[] longer = Files.readAllBytes(file(1, PLAIN, 25));
        refused = assertThrows(InvalidFileException.class, () -> Npy.read(new ByteArrayInputStream(longer), "-")).getMessage();
        assertEquals("-: goes on behind the 24 bytes of values that its shape [2, 3] needs", refused);
    }

    @Test
    void refusesWhatIsNoNpyFile() throws IOException {
        assertAbsenceIsNamed(folder, Npy::read);
        Path file = Files.writeString(folder.resolve("a.npy"), "PNG or anything else");
        assertEquals("is no .npy file: it does not begin with \\x93NUMPY", refusal(file, Npy::read));
        assertTrue(refusal(file(4, PLAIN, 24), Npy::read).contains("format 4.0"));
    }

    @Test
    void refusesAHeaderLongerThanTheFile() throws IOException {
        Path file = file(2, PLAIN, 24);
        byte[] bytes = Files.readAllBytes(file);
        bytes[8] = (byte) 200;
        Files.write(file, bytes);
        String message = refusal(file, Npy::read);
        assertEquals("ends early: it is truncated or damaged", message);
        bytes[11] = (byte) 0xff;
        Files.write(file, bytes);
        message = refusal(file, Npy::read);
        assertTrue(message.startsWith("has a .npy header of 4278190280 bytes; at most"), message);
    }

    @Test
    void refusesAFileTruncatedAnywhere() throws IOException {
        byte[] whole = Files.readAllBytes(file(1, PLAIN, 24));
        assertEveryPrefixIsRefused(whole, folder.resolve("cut.npy"), Npy::read);
    }

    @Test
    void survivesAnyFlippedBit() throws IOException {
        byte[] whole = Files.readAllBytes(file(1, PLAIN, 24));
        flipEveryBit(whole, folder.resolve("flipped.npy"), Npy::read);
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        Tensor tensor = new Tensor(new int[] {1}, new float[1]);
        Path missing = folder.resolve("no such folder").resolve("x.npy");
        assertEquals("cannot be written: no such directory", refusal(missing, path -> Npy.write(path, tensor)));
        assertEquals("cannot be written: it exists and is not a regular file",
                refusal(folder, path -> Npy.write(path, tensor)));
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }
}
