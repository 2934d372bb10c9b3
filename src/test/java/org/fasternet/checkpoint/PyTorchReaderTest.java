package org.fasternet.checkpoint;

import static org.fasternet.TestFiles.assertEveryPrefixIsRefused;
import static org.fasternet.TestFiles.flipEveryBit;
import static org.fasternet.TestFiles.refusal;
import static org.fasternet.TestFiles.resource;
import static org.fasternet.checkpoint.PthFiles.dict;
import static org.fasternet.checkpoint.PthFiles.integer;
import static org.fasternet.checkpoint.PthFiles.string;
import static org.fasternet.checkpoint.PthFiles.tensor;
import static org.fasternet.checkpoint.PthFiles.tuple;
import static org.fasternet.checkpoint.PthFiles.vector;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fasternet.error.InvalidFileException;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchReaderTest {
    @TempDir
    Path folder;

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("a.pth"), content);
    }

    private Path file(String pickle, int storageBytes) throws IOException {
        return file(PthFiles.stored(PthFiles.entries(PthFiles.pickle(pickle), storageBytes)));
    }

    private void assertRefused(Path file, String fault) {
        String message = refusal(file, StateDictReader::read);
        assertTrue(message.contains(fault), message);
    }

    /**
     * PyTorch 2.15 wrote these. The base is arange(24).reshape(4, 6); others are views of it. One file is a bare state dict, in
     * the other it lies under "model" between an epoch, an optimizer's state and other plain values.
     */
    @ParameterizedTest
    @ValueSource(strings = {"views.pth", "wrapped-protocol5.pt"})
    void stridesOffsetsAndSharedStoragesAreHonoured(String name) {
        Map<String, Tensor> tensors = StateDictReader.read(resource("checkpoint", name));
        assertEquals(List.of("base", "transposed", "window", "every_second_column", "expanded", "scalar", "empty", "bf16", "f16",
                "parameter"), List.copyOf(tensors.keySet()));
        float[] base = new float[24];
        float[] transposed = new float[24];
        float[] everySecond = new float[12];
        for (int i = 0; i < 24; i++) {
            base[i] = i;
            transposed[i % 6 * 4 + i / 6] = i;
            everySecond[i / 2] = i / 2 * 2;
        }
        assertTensor(tensors.get("base"), new int[] {4, 6}, base);
        assertTensor(tensors.get("transposed"), new int[] {6, 4}, transposed);
        assertTensor(tensors.get("window"), new int[] {2, 3}, 8, 9, 10, 14, 15, 16);
        assertTensor(tensors.get("every_second_column"), new int[] {4, 3}, everySecond);
        assertTensor(tensors.get("expanded"), new int[] {2, 3}, 1.5f, 1.5f, 1.5f, -2.5f, -2.5f, -2.5f);
        assertTensor(tensors.get("scalar"), new int[] {}, 3.25f);
        assertTensor(tensors.get("empty"), new int[] {0, 3});
        assertTensor(tensors.get("bf16"), new int[] {3}, 1, -0.15625f, 0x1.c4p127f);
        assertTensor(tensors.get("f16"), new int[] {3}, 1, -0.15625f, 0x1p-24f);
        assertTensor(tensors.get("parameter"), new int[] {2}, 7, 8);
    }

    private static void assertTensor(Tensor actual, int[] shape, float... values) {
        assertArrayEquals(shape, actual.shape());
        assertArrayEquals(values, actual.data());
    }

    @Test
    void aDeflatedFileIsRead() throws IOException {
        byte[] zip = PthFiles.deflated(PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(3))), 12));
        assertTensor(StateDictReader.read(file(zip)).get("x"), new int[] {3}, 0, 0, 0);
    }

    @Test
    void anyClassOutsideTheListIsRefused() throws IOException {
        String arguments = tuple(string("touch /tmp/owned"));
        assertRefused(file(PthFiles.global("os", "system") + arguments + "R", 0),
                "asks for the class 'os.system', and no class is ever loaded from a checkpoint");
        assertRefused(file(string("builtins") + string("eval") + "\u0093" + arguments + "R", 0), "class 'builtins.eval'");
        assertRefused(file(dict(string("state_dict"), dict(string("x"), vector(3)),
                string("args"), PthFiles.global("argparse", "Namespace") + ")\u0081"), 12), "class 'argparse.Namespace'");
        assertRefused(file(dict(string("x"), PthFiles.global("torch", "FloatStorage") + ")R"), 12), "pickle that is damaged");
    }

    /** The tensors are there, beside what a training script keeps: the message says how to get at them. */
    @Test
    void whereAClassStandsBesideTheStateDictTheWayOutIsTold() throws IOException {
        String advice = "; save the state dict alone: torch.save(model.state_dict(), path)";
        String stateDict = dict(string("x"), vector(3));
        String namespace = PthFiles.global("argparse", "Namespace") + ")\u0081";
        assertRefused(file(dict(string("model"), stateDict, string("args"), namespace), 12),
                "asks for the class 'argparse.Namespace', and no class is ever loaded from a checkpoint" + advice);
        String emptySet = "\u008f";
        assertRefused(file(dict(string("state_dict"), stateDict, string("epochs"), emptySet), 12),
                "the opcode 0x8f, which no checkpoint of plain tensors needs" + advice);
    }

    @Test
    void opcodesThatBuildObjectsAreRefused() throws IOException {
        assertRefused(file(PthFiles.global("collections", "OrderedDict") + ")\u0081", 0), "the opcode 0x81");
        assertRefused(file("(icollections\nOrderedDict\n", 0), "the opcode 0x69");
        assertRefused(file("\u0082\u0001", 0), "the opcode 0x82");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "4  # 0   # 5      # 1     # storage of 4 values",
        "4  # -1  # 1      # 1     # offset -1",
        "4  # 4   # 1      # 1     # offset 4",
        "4  # 9223372036854775807 # 2 # 1 # offset 9223372036854775807",
        "4  # 0   # 2      # -1    # strides [-1]",
        "4  # 1   # 2      # 9223372036854775807 # strides [9223372036854775807]",
        "4  # 0   # 2,2    # 2     # strides [2]",
        "4  # 0   # 3,2    # 2,1   # storage of 4 values",
        "4  # 0   # -1     # 1     # shape [-1]; sizes of 0 or more",
        "4  # 0   # 65536,65536 # 0,0 # shape [65536, 65536]; sizes of 0 or more",
        "4  # 0   # 4294967296,4294967296,0 # 0,0,0 # shape [4294967296, 4294967296, 0]",
        "4  # 0   # 1,1,1,1,1,1,1,1,4 # 1,1,1,1,1,1,1,1,1 # has 9 dimensions",
        "5  # 0   # 5      # 1     # storage of 5 values of F32, and the entry with its values has 16 bytes",
        "-1 # 0   # 0      # 1     # storage of -1 values",
        "9223372036854775807 # 0 # 1 # 1 # storage of 9223372036854775807 values",
        "2147483639 # 0 # 1 # 1 # describes tensors that need 8589934560 bytes"})
    void aTensorStaysWithinItsStorage(long elements, long offset, String sizes, String strides, String fault) throws IOException {
        String tensor = tensor("FloatStorage", elements, offset, longs(sizes), longs(strides));
        assertRefused(file(dict(string("key"), tensor), 16), fault);
    }

    private static String longs(String values) {
        return tuple(Arrays.stream(values.split(",")).mapToLong(Long::parseLong).toArray());
    }

    @Test
    void viewsAreNotMultipliedBeyondTheFilesSize() throws IOException {
        String[] copies = new String[2 * 1000];
        for (int i = 0; i < copies.length; i += 2) {
            copies[i] = string("copy" + i);
            copies[i + 1] = tensor("FloatStorage", 1, 0, tuple(1 << 20), tuple(0L));
        }
        assertRefused(file(dict(copies), 4), "describes tensors that need 4194304004 bytes; at most 16 times the file's size");
    }

    @Test
    void onlyFloatsAreRead() throws IOException {
        String longs = tensor("LongStorage", 2, 0, tuple(2L), tuple(1L));
        for (String key : List.of("index", "norm.num_batches_tracked", "total_ops", "blocks.0.total_params")) {
            assertRefused(file(dict(string(key), longs), 16), "holds no tensor of floating point");
        }
        Map<String, Tensor> both = StateDictReader.read(file(dict(string("index"), longs, string("x"), vector(4)), 16));
        assertEquals(Set.of("x"), both.keySet());
    }

    @Test
    void aStateDictHoldsNamedTensorsAndNothingElse() throws IOException {
        assertRefused(file(dict(string("x"), vector(3), string("net"), "N"), 12), "entry 'net' is no tensor");
        assertRefused(file(dict(integer(3), vector(3)), 12), "entry '3' is no tensor");
        assertRefused(file(dict(tuple(3L), vector(3)), 12), "key is neither string nor number");
        assertRefused(file(string("hello"), 12), "holds no dict of tensors");
        assertRefused(file("}", 12), "holds no tensor");
        assertRefused(file("", 12), "pickle that is damaged");
        assertRefused(file("0", 12), "pickle that is damaged");
        assertRefused(file(dict(string("x\u001b[31m\n"), "N"), 12), "entry 'x?[31m?' is no tensor");
    }

    /** The largest dict is meant where no network's key says which. */
    @Test
    void aStateDictIsFoundInAnyPlainDict() throws IOException {
        String inner = dict(string("x"), vector(3), string("y"), vector(3));
        for (String wrapped : List.of(
                dict(string("net"), inner),
                dict(string("epoch"), integer(7), string("params"), dict(string("a"), dict(string("b"), inner))),
                dict(string("optimizer"), dict(string("state"), dict(integer(0), dict(string("avg"), vector(3)))),
                        string("weights"), inner))) {
            assertEquals(Set.of("x", "y"), StateDictReader.read(file(wrapped, 12)).keySet());
        }
    }

    /** 1/3 is rounded to the nearest f32, 1e300 is beyond them. */
    @Test
    void f64IsRoundedOnce() throws IOException {
        Map<String, byte[]> entries = PthFiles.entries(
                PthFiles.pickle(dict(string("x"), tensor("DoubleStorage", 3, 0, tuple(3L), tuple(1L)))), 24);
        entries.put("a/data/0", ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(1 / 3.0).putDouble(1e300).putDouble(1 + 0x1p-24 + 0x1p-50).array());
        assertTensor(StateDictReader.read(file(PthFiles.stored(entries))).get("x"),
                new int[] {3}, 1 / 3f, Float.POSITIVE_INFINITY, 1 + 0x1p-23f);
    }

    /** A dict may hold itself, by the pickle's memo, and dicts may be deep. */
    @Test
    void dictsThatHoldThemselvesEnd() throws IOException {
        String self = "}q\u0001(" + string("x") + vector(3) + string("self") + "h\u0001u";
        assertEquals(Set.of("x"), StateDictReader.read(file(self, 12)).keySet());
        String deep = dict(string("x"), vector(3));
        for (int i = 0; i < 1000; i++) {
            deep = "}(" + string("d") + deep + "u";
        }
        assertRefused(file(deep, 12), "no tensor");
    }

    @Test
    void hostileNestingDoesNotOverflowTheStack() throws IOException {
        String deep = ")" + "\u0085".repeat(1_000_000);
        String holdsItself = "]q\u0001h\u0001a";
        String stateDict = dict(string("x"), vector(3));
        String outer = dict(string("deep"), deep, string("self"), holdsItself, string("model"), stateDict);
        assertEquals(1, StateDictReader.read(file(outer, 12)).size());
    }

    @Test
    void integersAreTwosComplementOfUpTo8Bytes() throws IOException {
        assertEquals(-2L, PickleReader.read(PthFiles.pickle("\u008a\u0001\u00fe")));
        assertEquals(254L, PickleReader.read(PthFiles.pickle("\u008a\u0002\u00fe\u0000")));
        assertEquals(0L, PickleReader.read(PthFiles.pickle("\u008a\u0000")));
        assertEquals(Long.MIN_VALUE, PickleReader.read(PthFiles.pickle(integer(Long.MIN_VALUE))));
        assertRefused(file("\u008a\u0009123456789", 0), "an integer of 9 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/../../etc/passwd", "/etc/passwd", "a/./x", "a\\x", "plain", "a//x", "../x"})
    void anEntryIsNamedPlainlyInOneFolder(String name) throws IOException {
        Map<String, byte[]> entries = PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(3))), 12);
        entries.put(name, new byte[1]);
        assertRefused(file(PthFiles.stored(entries)),
                "is a zip file with an entry '" + name + "'; a checkpoint's entries lie in one folder");
    }

    @Test
    void aSecondFolderOrASecondEntryOfANameIsRefused() throws IOException {
        Map<String, byte[]> entries = PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(3))), 12);
        entries.put("b/data/1", new byte[1]);
        assertRefused(file(PthFiles.stored(entries)), "entry 'b/data/1' is there twice or in a second folder");
        entries.remove("b/data/1");
        entries.put("a/data/Z", new byte[1]);
        String twice = new String(PthFiles.stored(entries), StandardCharsets.ISO_8859_1).replace("a/data/Z", "a/data/0");
        assertRefused(file(twice.getBytes(StandardCharsets.ISO_8859_1)), "entry 'a/data/0' is there twice or in a second folder");
    }

    @Test
    void anotherZipFileIsRefused() throws IOException {
        assertRefused(file(PthFiles.stored(Map.of("word/document.xml", new byte[1]))), "without the entry 'data.pkl'");
        Map<String, byte[]> entries = PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(3))), 12);
        entries.remove("a/data/0");
        assertRefused(file(PthFiles.stored(entries)), "without the entry 'data/0'");
    }

    /** As one that came between looking at the file and opening it would be met: it looks like the old one until then. */
    @Test
    void anotherFileInThePlaceOfOneWhoseWeightsAreReadAgainIsRefused() throws IOException {
        String matrix = tensor("FloatStorage", 3, 0, tuple(1L, 3L), tuple(3L, 1L));
        byte[] old = PthFiles.stored(PthFiles.entries(PthFiles.pickle(dict(string("x"), matrix)), 12));
        Path file = file(old);
        Tensor tensor = StateDictReader.read(file).get("x");
        FileTime modified = Files.getLastModifiedTime(file);
        String other = new String(old, StandardCharsets.ISO_8859_1).replace("a/data/0", "a/data/1");
        Files.setLastModifiedTime(file(other.getBytes(StandardCharsets.ISO_8859_1)), modified);
        String message = assertThrows(InvalidFileException.class, tensor::data).getMessage();
        assertTrue(message.startsWith(file + ": is a zip file without the entry 'a/data/0'"), message);
    }

    @Test
    void bigEndianFilesAreRefused() throws IOException {
        Map<String, byte[]> entries = PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(3))), 12);
        entries.put("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
        assertRefused(file(PthFiles.stored(entries)), "has byte order 'big'; 'little' is expected");
    }

    @Test
    void aZipBombIsRefused() throws IOException {
        int values = 4 << 20;
        byte[] bomb = PthFiles.deflated(PthFiles.entries(PthFiles.pickle(dict(string("x"), vector(values))), 4 * values));
        assertRefused(file(bomb), "describes tensors that need 16777216 bytes; at most 16 times the file's size");
        byte[] pickleBomb = PthFiles.deflated(PthFiles.entries(PthFiles.pickle("]".repeat(1 << 20)), 0));
        assertRefused(file(pickleBomb), "entry 'a/data.pkl' claims 1048579 bytes; at most");
        assertRefused(file("]".repeat(5 << 20), 0), "claims 5242883 bytes; at most 4194304");
    }

    @Test
    void aFileTruncatedAnywhereIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(file(dict(string("x"), vector(3)), 12));
        assertEveryPrefixIsRefused(whole, folder.resolve("cut.pth"), StateDictReader::read);
    }

    @Test
    void anyFlippedBitIsSurvived() throws IOException {
        byte[] whole = Files.readAllBytes(file(dict(string("x"), vector(3)), 12));
        flipEveryBit(whole, folder.resolve("flipped.pth"), StateDictReader::read);
    }
}
