package org.fasternet.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.fasternet.ForkedJvm;
import org.fasternet.TestFiles;
import org.fasternet.error.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and lying files give an image or an exception of this library, which begins with the file's name. */
class HostileImagesTest {
    private static final int CUTS = 80;
    private static final int FLIPS = 100;

    @TempDir
    Path directory;

    static List<String> odd() throws IOException {
        return TestImages.odd();
    }

    @ParameterizedTest
    @MethodSource("odd")
    @Timeout(60)
    void aTruncatedFileIsRefusedOrDecoded(String name) {
        byte[] file = TestImages.bytes("images/" + name);
        for (int length = 0; length < file.length; length += 1 + file.length / CUTS) {
            boolean decoded = decodes(Arrays.copyOf(file, length));
            String what = name + " cut to " + length + " of " + file.length + " bytes was decoded";
            assertTrue(!decoded || !name.startsWith("jpeg-"), what);
        }
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
        "00000020667479706176696600000000, an AVIF", "0000001c667479706865696300000000, a HEIC",
        "0000001c667479706d69663100000000, a HEIC", "0000000c6a5020200d0a870a00000000, a JPEG 2000",
        "ff4fff5100290000000000000000, a JPEG 2000", "0000000c4a584c200d0a870a00000000, a JPEG XL",
        "ff0a7a0300000000000000000000, a JPEG XL", "00000100010010100000010020006804, an ICO", "49492b00080000001000000000000000, a BigTIFF"})
    void whatPhonesAndOthersWriteIsCalledByItsName(String hex, String format) throws IOException {
        Path file = Files.write(directory.resolve("a.jpg"), HexFormat.of().parseHex(hex));
        assertEquals(format + " image, which is not read: convert it to PNG, JPEG or WebP",
                TestFiles.refusal(file, path -> Image.read(path, 3)));
    }

    @ParameterizedTest
    @MethodSource("odd")
    @Timeout(60)
    void aDamagedFileIsRefusedOrDecoded(String name) {
        byte[] file = TestImages.bytes("images/" + name);
        SplittableRandom random = new SplittableRandom(name.hashCode());
        for (int i = 0; i < FLIPS; i++) {
            byte[] damaged = file.clone();
            damaged[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
            decodes(damaged);
        }
    }

    private static boolean decodes(byte[] file) {
        try {
            Image.decode(file, "some/file", 3);
            return true;
        } catch (InvalidFileException e) {
            assertTrue(e.getMessage().startsWith("some/file: "), e.getMessage());
            assertFalse(e.getMessage().matches(".*(\\w(Exception|Error)\\b|java\\.|: $).*"), e.getMessage());
            return false;
        }
    }

    /** Where each format's header has its height and width, and in which order and type. */
    private enum Header {
        PNG("png-rgb.png", 16, ByteOrder.BIG_ENDIAN, 4),
        JPEG("jpeg-444.jpg", -1, ByteOrder.BIG_ENDIAN, 2),
        GIF("gif-plain.gif", 6, ByteOrder.LITTLE_ENDIAN, 2),
        BMP("bmp-8.bmp", 18, ByteOrder.LITTLE_ENDIAN, 4),
        WEBP("webp-lossy.webp", 26, ByteOrder.LITTLE_ENDIAN, 2);

        final String name;
        final int at;
        final ByteOrder order;
        final int bytes;

        Header(String name, int at, ByteOrder order, int bytes) {
            this.name = name;
            this.at = at;
            this.order = order;
            this.bytes = bytes;
        }

        byte[] claiming(int height, int width) {
            byte[] file = TestImages.bytes("images/" + name);
            int position = at >= 0 ? at : new String(file, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0") + 5;
            boolean heightFirst = this == JPEG;
            ByteBuffer header = ByteBuffer.wrap(file).order(order).position(position);
            for (int size : heightFirst ? new int[] {height, width} : new int[] {width, height}) {
                if (bytes == 2) {
                    header.putShort((short) size);
                } else {
                    header.putInt(size);
                }
            }
            return file;
        }
    }

    @ParameterizedTest
    @EnumSource
    void hugeSizesAreRefusedBeforeAnythingIsAllocated(Header header) {
        int side = 12_000;
        String message = refusal(header.claiming(side, side));
        assertTrue(message.contains(side + "x" + side + " pixels") && message.contains("134217728"), message);
    }

    /** Decodes what claims a size that is allowed but takes 3 bytes for each of 121 million pixels. */
    static final class LargeImage {
        public static void main(String[] args) {
            System.out.println(refusal(Header.PNG.claiming(11_000, 11_000)));
        }
    }

    @Test
    void tooLittleMemoryIsTold() throws IOException, InterruptedException {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of("-Xmx64m"), LargeImage.class);
        assertEquals("some/file: not a readable PNG image: it needs more memory than the JVM may use\n", result.output());
    }

    @ParameterizedTest
    @EnumSource
    void emptyImagesAreRefused(Header header) {
        if (header != Header.GIF) {
            refusal(header.claiming(0, 7));
            refusal(header.claiming(7, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void filesInsideBmpFilesAreNotRead(int compression) {
        byte[] file = TestImages.bytes("images/bmp-24.bmp");
        file[30] = (byte) compression;
        assertTrue(refusal(file).contains("inside a BMP"));
    }

    @Test
    void whatIsNoImageIsRefused() throws IOException {
        for (String file : List.of("", "GIF", "GIF of a kind")) {
            String message = refusal(file.getBytes(StandardCharsets.US_ASCII));
            assertEquals("some/file: not a PNG, JPEG, GIF, BMP, WebP or TIFF image", message);
        }
        Path text = Files.writeString(directory.resolve("notes.png"), "no picture");
        assertEquals("not a PNG, JPEG, GIF, BMP, WebP or TIFF image", TestFiles.refusal(text, path -> Image.read(path, 3)));
        TestFiles.assertAbsenceIsNamed(directory, path -> Image.read(path, 3));
    }

    /** A pipe's other end may never come. */
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "named pipes are POSIX")
    @Test
    @Timeout(value = 20, threadMode = ThreadMode.SEPARATE_THREAD)
    void aPipeIsRefusedAndNotWaitedFor() throws IOException, InterruptedException {
        Path pipe = directory.resolve("pipe.png");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertEquals("is not a regular file", TestFiles.refusal(pipe, path -> Image.read(path, 3)));
    }

    @Test
    void aFileLongerThanAnyImageIsRefusedBeforeItIsRead() throws IOException {
        Path film = Files.write(directory.resolve("film.gif"), TestImages.bytes("images/gif-plain.gif"));
        try (RandomAccessFile file = new RandomAccessFile(film.toFile(), "rw")) {
            file.setLength((1L << 29) + 1);
        }
        assertEquals("has 536870913 bytes; at most 536870912 are expected of an image",
                TestFiles.refusal(film, path -> Image.read(path, 3)));
    }

    private static String refusal(byte[] file) {
        return assertThrows(InvalidFileException.class, () -> Image.decode(file, "some/file", 3)).getMessage();
    }
}
