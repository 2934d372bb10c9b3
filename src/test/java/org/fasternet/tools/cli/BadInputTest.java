package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.fasternet.array.Npy;
import org.fasternet.checkpoint.SafetensorsWriter;
import org.fasternet.checkpoint.StateDictReader;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a command is given: one sentence that names the file and the fault, status 1, and no file written. */
class BadInputTest {
    private static final Path WEIGHTS = resource("golden", "nano-relu", "official.pth");
    private static final Path BACKBONE = resource("golden", "features", "official.pth");
    private static final Path INPUT = resource("golden", "nano-relu", "input.npy");
    private static final Path IMAGE = resource("demo", "images", "bag.png");

    /** os.system("ls") as Python's pickle writes it. */
    private static final byte[] SYSTEM_CALL =
            "\u0080\u0002cposix\nsystem\nX\u0002\u0000\u0000\u0000ls\u0085R.".getBytes(StandardCharsets.ISO_8859_1);

    @TempDir
    Path folder;

    private Path file;
    private Path output;

    @BeforeEach
    void nameFiles() {
        file = folder.resolve("bad.file");
        output = folder.resolve("output");
    }

    /** Asserts that the command fails with a message that contains all of {@code parts}, and that nothing was written. */
    private void assertRefused(List<String> parts, Object... args) throws IOException {
        List<Path> before = files();
        Cli cli = Cli.run(args);
        assertEquals(1, cli.status(), cli.toString());
        assertEquals("", cli.out());
        assertEquals(1, cli.err().lines().count(), cli.err());
        assertTrue(cli.err().startsWith("fasternet: "), cli.err());
        parts.forEach(part -> assertTrue(cli.err().contains(part), () -> "'" + part + "' is not in " + cli.err()));
        assertEquals(before, files());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    private interface Content {
        void write(Path file) throws IOException;
    }

    private static Arguments bad(String name, String fault, Content content) {
        return arguments(name, fault, content);
    }

    static Stream<Arguments> checkpoints() {
        return Stream.of(
                bad("missing", "no such file", file -> {}),
                bad("directory", "is a folder without weights", Files::createDirectory),
                bad("empty", "is empty", Files::createFile),
                bad("one byte", "", file -> Files.write(file, new byte[1])),
                bad("half a zip", "", file -> Files.write(file, head(WEIGHTS, 2))),
                bad("all but a byte of a zip", "",
                        file -> Files.write(file, Arrays.copyOf(Files.readAllBytes(WEIGHTS), size(WEIGHTS) - 1))),
                bad("half a safetensors", "bytes",
                        file -> Files.write(file, head(resource("golden", "nano-relu", "timm.safetensors"), 2))),
                bad("zip with nested paths", "", file -> zip(file, "../../a/data.pkl", new byte[] {(byte) 0x80, 2, '.'})),
                bad("pickle that asks for a class", "posix", file -> zip(file, "a/data.pkl", SYSTEM_CALL)),
                bad("header longer than the file", "header of 999999 bytes", file -> safetensors(file, 999_999, "{}", 0)),
                bad("header of 2^63 - 1 bytes", "header of 9223372036854775807 bytes",
                        file -> safetensors(file, Long.MAX_VALUE, "{}", 0)),
                bad("overlapping tensors", "'b' lies at bytes 2 to 6",
                        file -> safetensors(file, "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
                                + "'b':{'dtype':'F32','shape':[1],'data_offsets':[2,6]}}", 6)),
                bad("offsets out of range", "lies at bytes 0 to 400",
                        file -> safetensors(file, "{'a':{'dtype':'F32','shape':[100],'data_offsets':[0,400]}}", 4)),
                bad("absurd shape", "has shape", file -> safetensors(
                        file, "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]}}", 4)),
                bad("wrong dtype", "holds no tensor of floating point",
                        file -> safetensors(file, "{'a':{'dtype':'I64','shape':[1],'data_offsets':[0,8]}}", 8)),
                bad("missing key", "head.bias", file -> changed(file, weights -> weights.remove("head.bias"))),
                bad("extra key", "surplus.weight", file -> changed(file, weights -> weights.put("surplus.weight", zeros(3)))),
                bad("mis-shaped key", "head.bias", file -> changed(file, weights -> weights.put("head.bias", zeros(3)))),
                bad("text", "is no checkpoint", file -> Files.writeString(file, "hello, world, this is no checkpoint")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("checkpoints")
    void checkpoint(String name, String fault, Content content) throws IOException {
        content.write(file);
        List<String> parts = List.of(file + ": ", fault);
        assertRefused(parts, "run", "--weights", file, "--input", INPUT, "--output", output);
        assertRefused(parts, "convert", "--weights", file, "--output", output);
        assertRefused(parts, "info", "--weights", file);
        assertRefused(parts, "classify", "--weights", file, IMAGE);
    }

    static Stream<Arguments> arrays() {
        return Stream.of(
                bad("missing", "no such file", file -> {}),
                bad("directory", "no array file is there", Files::createDirectory),
                bad("empty", "is empty", Files::createFile),
                bad("truncated", "needs", file -> Files.write(file, head(INPUT, 2))),
                bad("no .npy", "is no .npy file", file -> Files.writeString(file, "1,2,3")),
                bad("rank 3", "has shape [32, 3, 32], [N, 3, H, W] is expected",
                        file -> Npy.write(file, new Tensor(new int[] {32, 3, 32}, new float[3 * 32 * 32]))),
                bad("rank 1", "has shape [3], [N, 3, H, W] is expected", file -> Npy.write(file, zeros(3))),
                bad("rank 5", "has shape [1, 3, 32, 32, 1], [N, 3, H, W] is expected",
                        file -> Npy.write(file, new Tensor(new int[] {1, 3, 32, 32, 1}, new float[3 * 32 * 32]))),
                bad("wrong channels", "has shape [1, 1, 32, 32], [N, 3, H, W] is expected",
                        file -> Npy.write(file, new Tensor(new int[] {1, 1, 32, 32}, new float[32 * 32]))),
                bad("channels last", "has shape [1, 32, 32, 3], [N, 3, H, W] is expected",
                        file -> Npy.write(file, new Tensor(new int[] {1, 32, 32, 3}, new float[32 * 32 * 3]))),
                bad("no image", "[0, 3, 32, 32]", file -> Npy.write(file, new Tensor(new int[] {0, 3, 32, 32}, new float[0]))),
                bad("too small", "1x3x3x32", file -> Npy.write(file, new Tensor(new int[] {1, 3, 3, 32}, new float[3 * 3 * 32]))),
                bad("too small for the last stage", "does not fit the network",
                        file -> Npy.write(file, new Tensor(new int[] {1, 3, 8, 8}, new float[3 * 8 * 8]))),
                bad("integers", "dtype '<i4', which are integers", file -> patched(file, "<f4", "<i4")),
                bad("half as many values", "needs", file -> patched(file, "<f4", "<f8")),
                bad("absurd shape", "shape", file -> patched(file, "'shape': (", "'shape': (99999999999, ")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("arrays")
    void array(String name, String fault, Content content) throws IOException {
        content.write(file);
        assertRefused(List.of(file + ": ", fault), "run", "--weights", WEIGHTS, "--input", file, "--output", output);
    }

    static Stream<Arguments> images() {
        return Stream.of(
                bad("missing", "no such file", file -> {}),
                bad("directory without images", "no image file is there", Files::createDirectory),
                bad("empty", "", Files::createFile),
                bad("truncated", "", file -> Files.write(file, head(resource("golden", "images", "chelsea.png"), 2))),
                bad("text", "", file -> Files.writeString(file, "no image")),
                bad("1.6e9 pixels", "40000x40000 pixels", file -> Files.write(file, hugePng())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void image(String name, String fault, Content content) throws IOException {
        content.write(file);
        assertRefused(List.of(file + ": ", fault), "classify", file);
    }

    @Test
    void outputsAndModelsMustFit() throws IOException {
        Path features = resource("golden", "features", "input.npy");
        assertRefused(List.of(BACKBONE + ": is a detection backbone"),
                "run", "--weights", BACKBONE, "--input", features, "--output", output);
        assertRefused(List.of(WEIGHTS + ": is no detection backbone"),
                "run", "--weights", WEIGHTS, "--input", INPUT, "--features", output);
        assertRefused(List.of("the model has no classes"), "classify", "--weights", BACKBONE, IMAGE);
        Files.createDirectory(folder.resolve("stage3.npy"));
        assertRefused(List.of(folder.resolve("stage3.npy") + ": cannot be written: it exists and is not a regular file"),
                "run", "--weights", BACKBONE, "--input", features, "--features", folder.resolve("stage"));
        Path nowhere = folder.resolve("nowhere").resolve("y");
        assertRefused(List.of(nowhere + ": cannot be written"),
                "run", "--weights", WEIGHTS, "--input", INPUT, "--output", nowhere);
        assertRefused(List.of(nowhere + ": cannot be written"), "convert", "--weights", WEIGHTS, "--output", nowhere);
        assertRefused(List.of(folder + ": cannot be written"), "convert", "--weights", WEIGHTS, "--output", folder);
    }

    @Test
    void anInputIsNotOverwritten() throws IOException {
        Path weights = Files.copy(BACKBONE, folder.resolve("x1.npy"));
        Path input = Files.copy(resource("golden", "features", "input.npy"), folder.resolve("y2.npy"));
        for (String prefix : List.of("x", "y")) {
            assertRefused(List.of(": is an input too, and would be overwritten"),
                    "run", "--weights", weights, "--input", input, "--features", folder.resolve(prefix));
        }
        Path image = Files.copy(INPUT, folder.resolve("image.npy"));
        assertRefused(List.of(image + ": is an input too, and would be overwritten"),
                "run", "--weights", WEIGHTS, "--input", image, "--output", image);
    }

    @Test
    void optionsMustFit() throws IOException {
        assertRefused(List.of("0 threads"), "classify", "--threads", 0, IMAGE);
        assertRefused(List.of("-1 threads"), "run", "--threads", -1, "--weights", WEIGHTS, "--input", INPUT, "--output", output);
        assertRefused(List.of("a batch of 0"), "info", "--batch", 0);
        assertRefused(List.of("a batch of -2"), "info", "--batch=-2");
        assertRefused(List.of("a size of 0x5"), "classify", "--size", "0x5", IMAGE);
        assertRefused(List.of("a size of -3x-3"), "info", "--size", "-3");
        assertRefused(List.of("--top is 0"), "classify", "--top", 0, IMAGE);
        assertRefused(List.of("--top is -1"), "classify", "--top", -1, IMAGE);
        assertRefused(List.of("unknown back end 'abacus'", "onednn"), "classify", "--backend", "abacus", IMAGE);
        assertRefused(List.of("there is no ISA \"abacus\"", "portable"), "classify", "--isa", "abacus", IMAGE);
        assertRefused(List.of("smaller than one patch"), "classify", "--size", "3", IMAGE);
        assertRefused(List.of("2^31 - 1"), "info", "--size", "100000");
        assertRefused(List.of("the activation is relu according to config.json"),
                "info", "--weights", WEIGHTS, "--activation", "gelu");
    }

    @Test
    void labelsMustFit() throws IOException {
        Files.writeString(file, "one\ntwo\n");
        assertRefused(List.of(file + ": 2 labels for a network of 10 classes"), "classify", "--labels", file, IMAGE);
        assertRefused(List.of(folder + ": is a directory"), "classify", "--labels", folder, IMAGE);
    }

    private static byte[] head(Path file, int divisor) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(file), size(file) / divisor);
    }

    private static int size(Path file) throws IOException {
        return (int) Files.size(file);
    }

    private static void zip(Path file, String entry, byte[] content) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(content);
        }
    }

    private static void safetensors(Path file, String header, int dataBytes) throws IOException {
        safetensors(file, header.length(), header, dataBytes);
    }

    private static void safetensors(Path file, long headerLength, String header, int dataBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + header.length() + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(headerLength).put(header.replace('\'', '"').getBytes(StandardCharsets.US_ASCII));
        Files.write(file, bytes.array());
    }

    private static void changed(Path file, Consumer<Map<String, Tensor>> change) {
        Map<String, Tensor> weights = new LinkedHashMap<>(StateDictReader.read(WEIGHTS));
        change.accept(weights);
        SafetensorsWriter.write(file, weights, DType.F32, Map.of());
    }

    private static Tensor zeros(int count) {
        return new Tensor(new int[] {count}, new float[count]);
    }

    /** The golden input with another header of the same length. */
    private static void patched(Path file, String before, String after) throws IOException {
        String npy = new String(Files.readAllBytes(INPUT), StandardCharsets.ISO_8859_1);
        String padding = " ".repeat(Math.max(0, after.length() - before.length()));
        assertTrue(npy.contains(before), before);
        Files.write(file, npy.replaceFirst(padding + "\n", "\n").replace(before, after).getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A valid header, and no pixels behind it. */
    private static byte[] hugePng() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream png = new DataOutputStream(bytes);
        png.writeLong(0x89504E470D0A1A0AL);
        chunk(png, "IHDR", ByteBuffer.allocate(13).putInt(40_000).putInt(40_000).put((byte) 8).array());
        chunk(png, "IDAT", new byte[16]);
        chunk(png, "IEND", new byte[0]);
        return bytes.toByteArray();
    }

    private static void chunk(DataOutputStream png, String type, byte[] content) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(content);
        png.writeInt(content.length);
        png.write(name);
        png.write(content);
        png.writeInt((int) crc.getValue());
    }
}
