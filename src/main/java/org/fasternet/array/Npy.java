package org.fasternet.array;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * NumPy's {@code .npy} files, by the format's
 * <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">specification</a>, and {@code .npz} files with
 * one array. Values become f32 in C order: float16 exactly, float64 with one rounding to nearest even; either byte order and
 * memory order is read.
 */
public final class Npy {
    private static final int ALIGNMENT = 64;
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final long UNKNOWN = -1;
    /** Zeros compress a thousandfold, but an array that is this much larger than its file and does not fit this is a zip bomb. */
    private static final int MAX_EXPANSION = 64;
    private static final long ALWAYS_FITS = 64 << 20;

    private Npy() {
    }

    /**
     * Reads an array of any rank; format versions 1.0, 2.0 and 3.0.
     *
     * @throws InvalidFileException if it is no such file, holds other values than floating point, or is a {@code .npz} file of no
     *     or several arrays
     */
    public static Tensor read(Path path) {
        return InputFile.read(path, size -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
                return read(in, size);
            }
        });
    }

    /**
     * As {@link #read(Path)}, of a stream, to its end.
     *
     * @param name what an exception calls it
     * @throws InvalidFileException also if the stream fails, or goes on after the array
     */
    public static Tensor read(InputStream stream, String name) {
        return InputFile.parse(name, () -> read(new BufferedInputStream(stream), UNKNOWN));
    }

    private static Tensor read(InputStream in, long size) throws IOException {
        in.mark(ZIP.length);
        boolean zip = Arrays.equals(in.readNBytes(ZIP.length), ZIP);
        in.reset();
        return zip ? readZip(in, size) : readArray(in, size, size == UNKNOWN ? StoredValues.MAX_ELEMENTS : Long.MAX_VALUE);
    }

    private static Tensor readZip(InputStream in, long size) throws IOException {
        ZipInputStream zip = new ZipInputStream(in);
        ZipEntry entry = next(zip);
        if (entry == null) {
            throw new MalformedException("is a .npz file without an array, or a damaged one");
        }
        long most = size == UNKNOWN ? ALWAYS_FITS : Math.max(ALWAYS_FITS, size * MAX_EXPANSION);
        Tensor array = readArray(new BufferedInputStream(zip), UNKNOWN, most);
        ZipEntry second = next(zip);
        if (second != null) {
            throw new MalformedException("is a .npz file of several arrays, " + MalformedException.quote(entry.getName()) + " and "
                    + MalformedException.quote(second.getName()) + " among them; one is expected");
        }
        return array;
    }

    private static ZipEntry next(ZipInputStream zip) throws IOException {
        try {
            return zip.getNextEntry();
        } catch (IllegalArgumentException e) { // How the JDK reports a name that is not UTF-8.
            throw new MalformedException("is a .npz file that is damaged: the name of an entry is not UTF-8");
        }
    }

    /**
     * @param size of the file, or UNKNOWN: then the stream must end behind the values
     * @param most bytes of values that may be
     */
    private static Tensor readArray(InputStream in, long size, long most) throws IOException {
        NpyHeader header = NpyHeader.read(in);
        int elements = Tensor.elements(header.shape());
        long expected = (long) elements * header.dtype().bytes();
        if (expected > most || size != UNKNOWN && size - header.bytes() != expected) {
            throw new MalformedException("has " + (size == UNKNOWN ? "at most " + most : size - header.bytes())
                    + " bytes of values; its shape " + Arrays.toString(header.shape()) + " needs " + expected);
        }
        // What a stream claims to have is not allocated before it has come.
        InputStream bytes = size == UNKNOWN ? new ByteArrayInputStream(in.readNBytes((int) expected)) : in;
        float[] values = StoredValues.read(bytes, header.dtype(), header.order(), elements);
        if (in.read() >= 0) {
            throw new MalformedException("goes on behind the " + expected + " bytes of values that its shape "
                    + Arrays.toString(header.shape()) + " needs");
        }
        return new Tensor(header.shape(), header.fortran() ? rowMajor(values, header.shape()) : values);
    }

    /** Where the first index runs fastest, the last one does in what is returned. */
    private static float[] rowMajor(float[] columnMajor, int[] shape) {
        float[] values = new float[columnMajor.length];
        int[] index = new int[shape.length];
        for (int at = 0; at < values.length; at++) {
            int from = 0;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                from = from * shape[axis] + index[axis];
            }
            values[at] = columnMajor[from];
            for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return values;
    }

    /**
     * Writes format 1.0 of little-endian float32 in C order, completely or not at all: an existing file is replaced at the end.
     *
     * @throws InvalidFileException if the file cannot be written
     */
    public static void write(Path path, Tensor tensor) {
        OutputFile.write(path, out -> write(out, tensor));
    }

    /** As {@link #write(Path, Tensor)}, of several files: if one cannot be written, none is. */
    public static void write(Map<Path, Tensor> tensors) {
        Map<Path, OutputFile.Content> contents = new LinkedHashMap<>();
        tensors.forEach((path, tensor) -> contents.put(path, out -> write(out, tensor)));
        OutputFile.write(contents);
    }

    /** As {@link #write(Path, Tensor)}, to a stream, which stays open. */
    public static void write(OutputStream out, Tensor tensor) throws IOException {
        String sizes = Arrays.stream(tensor.shape()).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        // In Python (3) is a number, (3,) a tuple.
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + (tensor.rank() == 1 ? ",), }" : "), }");
        int before = NpyHeader.MAGIC.length + 2 + Short.BYTES;
        int padded = -Math.floorDiv(-(before + header.length() + 1), ALIGNMENT) * ALIGNMENT - before;
        ByteBuffer head = ByteBuffer.allocate(before + padded).order(ByteOrder.LITTLE_ENDIAN);
        head.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded);
        head.put((header + " ".repeat(padded - header.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        out.write(head.array());
        StoredValues.write(tensor.data(), tensor.elements(), DType.F32, out);
    }
}
