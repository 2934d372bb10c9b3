package org.fasternet.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/** Writes safetensors files. */
public final class SafetensorsWriter {
    private SafetensorsWriter() {
    }

    /**
     * Writes the tensors in the map's order, completely or not at all: an existing file is replaced at the end.
     *
     * @param dtype what every value is rounded to, to nearest even
     * @param metadata kept in the header under {@code __metadata__}; may be empty
     * @throws UnsupportedException if a finite value would become infinite
     * @throws InvalidFileException if the file cannot be written
     */
    public static void write(Path path, Map<String, Tensor> tensors, DType dtype, Map<String, String> metadata) {
        write(path, tensors, name -> dtype, metadata);
    }

    /** As {@link #write(Path, Map, DType, Map)}, with a type for each name. */
    static void write(Path path, Map<String, Tensor> tensors, Function<String, DType> dtype, Map<String, String> metadata) {
        Scratch scratch = new Scratch();
        tensors.forEach((name, tensor) -> checkRange(name, tensor.elements(), scratch.values(tensor), dtype.apply(name)));
        byte[] header = header(tensors, dtype, metadata);
        OutputFile.write(path, out -> {
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            out.write(header);
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
                Tensor tensor = entry.getValue();
                StoredValues.write(scratch.values(tensor), tensor.elements(), dtype.apply(entry.getKey()), out);
            }
        });
    }

    private static void checkRange(String name, int count, float[] values, DType dtype) {
        for (int i = 0; i < count; i++) {
            if (dtype.overflows(values[i])) {
                throw new UnsupportedException("tensor '" + name + "' holds " + values[i]
                        + ", which is out of the range of " + dtype);
            }
        }
    }

    private static byte[] header(Map<String, Tensor> tensors, Function<String, DType> dtypes, Map<String, String> metadata) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put(SafetensorsReader.METADATA, metadata);
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            DType dtype = dtypes.apply(tensor.getKey());
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", dtype.name());
            entry.put("shape", Arrays.stream(tensor.getValue().shape()).boxed().toList());
            long end = offset + (long) tensor.getValue().elements() * dtype.bytes();
            entry.put("data_offsets", List.of(offset, end));
            header.put(tensor.getKey(), entry);
            offset = end;
        }
        byte[] json = Json.text(header).getBytes(StandardCharsets.UTF_8);
        // Padded, so that values that are mapped into memory are aligned.
        byte[] padded = Arrays.copyOf(json, json.length + (-json.length & Long.BYTES - 1));
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }
}
