package org.fasternet.array;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * NumPy's {@code .npy} files of little-endian f32 values in C order, by the format's
 * <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">specification</a>: 6 bytes of magic, 2 of
 * version, the header's length, the header (a Python dict literal padded with spaces), the values.
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64;
    /** The header of a plain array takes about 60 bytes. */
    private static final int MAX_HEADER = 1 << 16;
    private static final Pattern ENTRY =
            Pattern.compile("\\s*'(\\w+)'\\s*:\\s*('[^']*'|True|False|\\([\\d\\s,]*\\)|\\[.*\\])\\s*(,|(?=}))");
    private static final Pattern END = Pattern.compile("\\s*}\\s*");

    private Npy() {
    }

    /**
     * Reads an array of any rank; format versions 1.0, 2.0 and 3.0.
     *
     * @throws InvalidFileException if it is no such file, or holds another dtype, byte order or memory order
     */
    public static Tensor read(Path path) {
        return InputFile.read(path, size -> {
            try (InputStream in = Files.newInputStream(path)) {
                return read(in, size);
            }
        });
    }

    private static Tensor read(InputStream in, long size) throws IOException {
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
        long start = MAGIC.length + 2 + lengthBytes + length;
        if (length > MAX_HEADER || start > size) {
            throw new MalformedException("has a .npy header of " + length + " bytes in a file of " + size + "; at most "
                    + MAX_HEADER + " within the file are expected");
        }
        int[] shape = shape(new String(in.readNBytes((int) length), StandardCharsets.UTF_8));
        long expected = (long) Tensor.elements(shape) * DType.F32.bytes();
        if (size - start != expected) {
            throw new MalformedException("has " + (size - start) + " bytes of values; its shape " + Arrays.toString(shape)
                    + " needs " + expected);
        }
        return new Tensor(shape, StoredValues.read(in, DType.F32, Tensor.elements(shape)));
    }

    private static int[] shape(String header) throws MalformedException {
        Map<String, String> entries = entries(header);
        if (!entries.keySet().equals(Set.of("descr", "fortran_order", "shape"))) {
            throw new MalformedException("has a .npy header with the keys "
                    + MalformedException.quote(entries.keySet().toString()) + "; descr, fortran_order and shape are expected");
        }
        if (!entries.get("descr").equals("'<f4'")) {
            String dtype = entries.get("descr").replace("'", "");
            throw new MalformedException("holds values of dtype " + MalformedException.quote(dtype)
                    + "; '<f4' (little-endian float32) is expected");
        }
        if (!entries.get("fortran_order").equals("False")) {
            throw new MalformedException("is in Fortran order; C order is expected");
        }
        String[] sizes = entries.get("shape").replaceAll("[()\\s]", "").split(",");
        try {
            return StoredValues.shape("the array",
                    Arrays.stream(sizes).filter(s -> !s.isEmpty()).mapToLong(Long::parseLong).toArray());
        } catch (NumberFormatException e) {
            throw new MalformedException("has the shape " + MalformedException.quote(entries.get("shape"))
                    + "; a tuple of 64-bit sizes is expected");
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

    /**
     * Writes format 1.0, completely or not at all: an existing file is replaced at the end.
     *
     * @throws InvalidFileException if the file cannot be written
     */
    public static void write(Path path, Tensor tensor) {
        OutputFile.write(path, content(tensor));
    }

    /** As {@link #write(Path, Tensor)}, of several files: if one cannot be written, none is. */
    public static void write(Map<Path, Tensor> tensors) {
        Map<Path, OutputFile.Content> contents = new LinkedHashMap<>();
        tensors.forEach((path, tensor) -> contents.put(path, content(tensor)));
        OutputFile.write(contents);
    }

    private static OutputFile.Content content(Tensor tensor) {
        String sizes = Arrays.stream(tensor.shape()).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        // In Python (3) is a number, (3,) a tuple.
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + (tensor.rank() == 1 ? ",), }" : "), }");
        int before = MAGIC.length + 2 + Short.BYTES;
        int padded = -Math.floorDiv(-(before + header.length() + 1), ALIGNMENT) * ALIGNMENT - before;
        ByteBuffer head = ByteBuffer.allocate(before + padded).order(ByteOrder.LITTLE_ENDIAN);
        head.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded);
        head.put((header + " ".repeat(padded - header.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return out -> {
            out.write(head.array());
            StoredValues.write(tensor.data(), tensor.elements(), DType.F32, out);
        };
    }
}
