package org.fasternet.array;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;

/**
 * What stands before the values of a {@code .npy} file: 6 bytes of magic, 2 of version, the header's length, the header (a Python
 * dict literal padded with spaces).
 *
 * @param fortran whether the first index runs fastest
 * @param bytes from the beginning of the file to the first value
 */
record NpyHeader(DType dtype, ByteOrder order, boolean fortran, int[] shape, long bytes) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** The header of a plain array takes about 60 bytes. */
    private static final int MAX_HEADER = 1 << 16;
    private static final Pattern ENTRY =
            Pattern.compile("\\s*'(\\w+)'\\s*:\\s*('[^']*'|True|False|\\([\\d\\s,]*\\)|\\[.*\\])\\s*(,|(?=}))");
    private static final Pattern END = Pattern.compile("\\s*}\\s*");
    /** Values of floating point, by what follows the character for the byte order. */
    private static final Map<String, DType> FLOATS = Map.of("f2", DType.F16, "f4", DType.F32, "f8", DType.F64);
    private static final Pattern INTEGER = Pattern.compile("[<>=|]?([biu]\\d+|\\?)");

    static NpyHeader read(InputStream in) throws IOException {
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw new MalformedException("is no .npy file: it does not begin with \\x93NUMPY");
        }
        DataInputStream bytes = new DataInputStream(in);
        int major = bytes.readUnsignedByte();
        int minor = bytes.readUnsignedByte();
        if (major < 1 || major > 3 || minor != 0) {
            throw new MalformedException("has .npy format " + major + "." + minor + "; 1.0, 2.0 or 3.0 is expected");
        }
        int lengthBytes = major == 1 ? Short.BYTES : Integer.BYTES;
        long length = major == 1
                ? Short.toUnsignedInt(Short.reverseBytes(bytes.readShort()))
                : Integer.toUnsignedLong(Integer.reverseBytes(bytes.readInt()));
        if (length > MAX_HEADER) {
            throw new MalformedException("has a .npy header of " + length + " bytes; at most " + MAX_HEADER + " are expected");
        }
        byte[] header = new byte[(int) length];
        bytes.readFully(header);
        return parse(new String(header, StandardCharsets.UTF_8), MAGIC.length + 2 + lengthBytes + length);
    }

    private static NpyHeader parse(String header, long bytes) throws MalformedException {
        Map<String, String> entries = entries(header);
        if (!entries.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
            throw new MalformedException("has a .npy header with the keys "
                    + MalformedException.quote(entries.keySet().toString()) + "; descr, fortran_order and shape are expected");
        }
        String descr = entries.get("descr").replace("'", "");
        return new NpyHeader(dtype(descr), descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                entries.get("fortran_order").equals("True"), shape(entries.get("shape")), bytes);
    }

    private static DType dtype(String descr) throws MalformedException {
        DType dtype = descr.isEmpty() || "<>".indexOf(descr.charAt(0)) < 0 ? null : FLOATS.get(descr.substring(1));
        if (dtype == null) {
            String reason = INTEGER.matcher(descr).matches()
                    ? ", which are integers: a network takes normalised values, so convert it, to float32 for example"
                    : "; float16, float32 or float64 is expected";
            throw new MalformedException("holds values of dtype " + MalformedException.quote(descr) + reason);
        }
        return dtype;
    }

    private static int[] shape(String tuple) throws MalformedException {
        try {
            String[] sizes = tuple.replaceAll("[()\\s]", "").split(",");
            return StoredValues.shape("the array",
                    Arrays.stream(sizes).filter(s -> !s.isEmpty()).mapToLong(Long::parseLong).toArray());
        } catch (NumberFormatException e) {
            throw new MalformedException(
                    "has the shape " + MalformedException.quote(tuple) + "; a tuple of 64-bit sizes is expected");
        }
    }

    private static Map<String, String> entries(String header) throws MalformedException {
        Map<String, String> entries = new HashMap<>();
        Matcher matcher = ENTRY.matcher(header);
        int at = header.startsWith("{") ? 1 : header.length();
        while (matcher.region(at, header.length()).lookingAt()) {
            entries.put(matcher.group(1), matcher.group(2));
            at = matcher.end();
        }
        if (!matcher.usePattern(END).matches()) {
            throw new MalformedException("has the .npy header " + MalformedException.quote(header)
                    + "; a dict of descr, fortran_order and shape is expected");
        }
        return entries;
    }
}
