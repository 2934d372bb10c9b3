package org.fasternet.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** PyTorch files made by hand. A pickle is put together from strings whose characters are its bytes. */
final class PthFiles {
    private PthFiles() {
    }

    static String string(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return "X" + littleEndian(utf8.length, Integer.BYTES) + new String(utf8, StandardCharsets.ISO_8859_1);
    }

    static String integer(long value) {
        return "\u008a\u0008" + littleEndian(value, Long.BYTES);
    }

    static String tuple(String... items) {
        return "(" + String.join("", items) + "t";
    }

    static String tuple(long... items) {
        return tuple(Arrays.stream(items).mapToObj(PthFiles::integer).toArray(String[]::new));
    }

    static String global(String module, String name) {
        return "c" + module + "\n" + name + "\n";
    }

    static String dict(String... keysAndValues) {
        return "}(" + String.join("", keysAndValues) + "u";
    }

    /** As {@code torch.save} describes a tensor on storage 0. */
    static String tensor(String storage, long elements, long offset, String sizes, String strides) {
        String identifier = tuple(string("storage"), global("torch", storage), string("0"), string("cpu"), integer(elements));
        String hooks = global("collections", "OrderedDict") + ")R";
        return global("torch._utils", "_rebuild_tensor_v2")
                + tuple(identifier + "Q", integer(offset), sizes, strides, "\u0089", hooks) + "R";
    }

    /** A dense vector on storage 0. */
    static String vector(long elements) {
        return tensor("FloatStorage", elements, 0, tuple(elements), tuple(1L));
    }

    static byte[] pickle(String body) {
        return ("\u0080\u0002" + body + ".").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The entries of a file with one storage of zeros. */
    static Map<String, byte[]> entries(byte[] pickle, int storageBytes) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("a/data.pkl", pickle);
        entries.put("a/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        entries.put("a/data/0", new byte[storageBytes]);
        entries.put("a/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        return entries;
    }

    static byte[] stored(Map<String, byte[]> entries) throws IOException {
        return zip(entries, ZipEntry.STORED);
    }

    static byte[] deflated(Map<String, byte[]> entries) throws IOException {
        return zip(entries, ZipEntry.DEFLATED);
    }

    private static byte[] zip(Map<String, byte[]> entries, int method) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                ZipEntry header = new ZipEntry(entry.getKey());
                header.setMethod(method);
                header.setSize(entry.getValue().length);
                header.setCrc(crc.getValue());
                zip.putNextEntry(header);
                zip.write(entry.getValue());
            }
        }
        return out.toByteArray();
    }

    private static String littleEndian(long value, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
        return new String(all, 0, bytes, StandardCharsets.ISO_8859_1);
    }
}
