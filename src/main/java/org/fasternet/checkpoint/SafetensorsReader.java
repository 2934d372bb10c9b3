package org.fasternet.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.fasternet.internal.io.FileVersion;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * Reads <a href="https://github.com/huggingface/safetensors#format">safetensors</a>: 8 bytes of header length, a JSON header
 * {@code {name: {"dtype", "shape", "data_offsets": [begin, end]}}}, the values. As the format demands, the tensors must cover the
 * bytes behind the header exactly, with no hole and no overlap.
 */
final class SafetensorsReader {
    static final String METADATA = "__metadata__";
    /**
     * The format allows 100 MB, which as a tree of JSON could take 30 times that in memory. A FasterNet needs 200 bytes for each
     * of at most 500 tensors.
     */
    private static final int MAX_HEADER = 8 << 20;
    private static final int MAX_DEPTH = 3;
    /** Bytes of a file below which more threads than one would take longer to start than to read it. */
    private static final long PARALLEL_FROM = 1L << 26;
    /** Values that are looked at together. */
    private static final int PIECE = 1 << 14;

    /** A tensor as the header describes it; the offsets count from the end of the header. */
    private record Entry(String name, String dtype, int[] shape, long begin, long end) {
        StoredKey key() {
            return new StoredKey("", name, dtype);
        }
    }

    /**
     * A tensor of the network's, at bytes of the file.
     *
     * @param scales of each row, by which its whole numbers are multiplied; null if its values are floating point
     */
    private record Wanted(String name, DType dtype, int[] shape, int count, long from, float[] scales) {
        /** The type is one of those that are read, and its values fill the entry's bytes. */
        static Wanted of(Entry entry, long start) throws MalformedException {
            DType dtype = StateDictReader.dtype(entry.name, entry.dtype);
            return new Wanted(entry.name, dtype, entry.shape, SafetensorsReader.count(entry, dtype), start + entry.begin, null);
        }

        static Wanted quantized(Entry entry, long start, float[] scales) throws MalformedException {
            String what = "tensor " + MalformedException.quote(entry.name);
            if (!entry.dtype.equals(DType.I8.name())) {
                throw new MalformedException(what + " has dtype " + MalformedException.quote(entry.dtype) + ", I8 is expected: the"
                        + " header has scales for it");
            }
            if (entry.shape.length == 0 || entry.shape[0] != scales.length) {
                throw new MalformedException(what + " has shape " + Arrays.toString(entry.shape) + ", and the header "
                        + scales.length + " scales for it: one for each of its first dimension is expected");
            }
            return new Wanted(
                    entry.name, DType.I8, entry.shape, SafetensorsReader.count(entry, DType.I8), start + entry.begin, scales);
        }

        /** Looks at all values, in pieces that stay in the cache: only a vector's are kept. */
        StateDict.Seen look(StoredAt values) {
            boolean vector = StateDict.keeps(shape);
            float[] piece = new float[vector ? count : Math.min(count, PIECE)];
            StateDict.Seen seen = StateDict.Seen.nothing(shape);
            for (int first = 0; first < count; first += piece.length) {
                int n = Math.min(piece.length, count - first);
                read(values, first, n, piece);
                seen = seen.and(piece, n);
            }
            return vector ? seen.keeping(piece) : seen;
        }

        void read(StoredAt values, float[] dst) {
            read(values, 0, count, dst);
        }

        private void read(StoredAt values, int first, int n, float[] dst) {
            values.read(from + (long) first * dtype.bytes(), dtype, dst, n);
            for (int i = 0; scales != null && i < n;) {
                int rowLength = count / scales.length;
                int row = (first + i) / rowLength;
                for (int end = Math.min(n, (row + 1) * rowLength - first); i < end; i++) {
                    dst[i] *= scales[row];
                }
            }
        }
    }

    /** Where values are read; what it throws is unchecked. */
    interface StoredAt {
        /** @param from of the first of {@code count} values, in bytes from the beginning of the file */
        void read(long from, DType dtype, float[] dst, int count);
    }

    private record InChannel(FileChannel in) implements StoredAt {
        @Override
        public void read(long from, DType dtype, float[] dst, int count) {
            try {
                StoredValues.read(in, from, dtype, dst, count);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private record InFile(FileVersion file) implements StoredAt {
        @Override
        public void read(long from, DType dtype, float[] dst, int count) {
            file.readAgain(new Reading(file.path(), from, dtype, dst, count));
        }
    }

    /** A class: a lambda of so many values takes the JVM some milliseconds to prepare. */
    private record Reading(Path path, long from, DType dtype, float[] dst, int count) implements FileVersion.Reading {
        @Override
        public void run() throws IOException {
            try (FileChannel in = FileChannel.open(path)) {
                StoredValues.read(in, from, dtype, dst, count);
            }
        }
    }

    private SafetensorsReader() {
    }

    static void read(FileVersion file, long size, StateChooser chooser, StateDict dict) throws IOException {
        try (FileChannel in = FileChannel.open(file.path())) {
            read(Channels.newInputStream(in), size, chooser, dict, new InChannel(in), new InFile(file));
            file.requireUnchanged();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Reads what need not be a file of its own, an entry of a jar for example, of {@code size} bytes.
     *
     * @param in from which the header is read
     * @param now by which all values are, and by several threads at the same time if they are many
     * @param again by which they are whenever they are asked for
     */
    static void read(InputStream in, long size, StateChooser chooser, StateDict dict, StoredAt now, StoredAt again)
            throws IOException {
        byte[] header = header(in, size);
        Map<?, ?> fields = parse(header);
        List<Entry> entries = entries(fields);
        Map<String, String> metadata = metadata(fields);
        dict.describe(metadata);
        dict.quantized(StoredQuantization.read(metadata));
        Map<String, float[]> scales = dict.quantization().map(StoredQuantization::weightScales).orElse(Map.of());
        List<StoredKey> keys = new ArrayList<>();
        for (Entry entry : entries) {
            keys.add(entry.key());
        }
        Predicate<StoredKey> own = chooser.choose(keys);
        long start = Long.BYTES + header.length;
        checkCoverage(entries, size - start);
        List<Wanted> wanted = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            StoredKey key = keys.get(i);
            if (!own.test(key)) {
                continue;
            }
            float[] scale = scales.get(key.key());
            if (scale != null) {
                wanted.add(Wanted.quantized(entries.get(i), start, scale));
            } else if (key.isInteger()) {
                dict.addIntegers(key);
            } else if (!key.isIgnored()) {
                wanted.add(Wanted.of(entries.get(i), start));
            }
        }
        Stream<Wanted> stream = size < PARALLEL_FROM ? wanted.stream() : wanted.parallelStream();
        List<StateDict.Seen> seen = stream.map(tensor -> tensor.look(now)).toList();
        for (int i = 0; i < seen.size(); i++) {
            Wanted tensor = wanted.get(i);
            dict.add(tensor.name, seen.get(i), dst -> tensor.read(again, dst));
        }
    }

    static Map<String, String> metadata(Path path, long size) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return metadata(parse(header(in, size)));
        }
    }

    private static Map<String, String> metadata(Map<?, ?> header) throws MalformedException {
        Map<String, String> metadata = new LinkedHashMap<>();
        if (header.get(METADATA) instanceof Map<?, ?> stored) {
            for (Map.Entry<?, ?> entry : stored.entrySet()) {
                String key = (String) entry.getKey();
                if (!(entry.getValue() instanceof String text)) {
                    throw new MalformedException(METADATA + " holds something other than a string under "
                            + MalformedException.quote(key));
                }
                metadata.put(key, text);
            }
        }
        return metadata;
    }

    private static byte[] header(InputStream in, long size) throws IOException {
        byte[] prefix = in.readNBytes(Long.BYTES + 1);
        if (prefix.length <= Long.BYTES) {
            throw new EOFException();
        }
        long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (prefix[Long.BYTES] != '{') {
            throw new MalformedException("is no checkpoint: neither a zip file as torch.save writes nor safetensors");
        }
        if (length < 2 || length > size - Long.BYTES || length > MAX_HEADER) {
            throw new MalformedException("claims a safetensors header of " + Long.toUnsignedString(length)
                    + " bytes in a file of " + size + "; at most " + MAX_HEADER + " within the file are expected");
        }
        byte[] header = new byte[(int) length];
        header[0] = '{';
        if (in.readNBytes(header, 1, header.length - 1) < header.length - 1) {
            throw new EOFException();
        }
        return header;
    }

    private static Map<?, ?> parse(byte[] header) throws MalformedException {
        try {
            // Its first byte is a brace.
            return (Map<?, ?>) Json.parse(header, MAX_DEPTH);
        } catch (MalformedException e) {
            throw new MalformedException("has a safetensors header that is not valid: " + e.getMessage());
        }
    }

    private static List<Entry> entries(Map<?, ?> header) throws MalformedException {
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<?, ?> property : header.entrySet()) {
            if (!property.getKey().equals(METADATA)) {
                entries.add(entry((String) property.getKey(), property.getValue()));
            }
        }
        return entries;
    }

    private static Entry entry(String name, Object json) throws MalformedException {
        if (json instanceof Map<?, ?> fields && fields.size() == 3 && fields.get("dtype") instanceof String dtype) {
            long[] sizes = integers(fields.get("shape"));
            long[] offsets = integers(fields.get("data_offsets"));
            if (sizes != null && offsets != null && offsets.length == 2) {
                return new Entry(name, dtype, StoredValues.shape(name, sizes), offsets[0], offsets[1]);
            }
        }
        throw new MalformedException("tensor " + MalformedException.quote(name)
                + " has a header entry other than {dtype: string, shape: [integer...], data_offsets: [begin, end]}");
    }

    /** Null unless {@code json} is an array of integers that fit. */
    private static long[] integers(Object json) {
        if (!(json instanceof List<?> list)) {
            return null;
        }
        long[] values = new long[list.size()];
        for (int i = 0; i < values.length; i++) {
            if (!(list.get(i) instanceof Long value)) {
                return null;
            }
            values[i] = value;
        }
        return values;
    }

    private static void checkCoverage(List<Entry> entries, long dataBytes) throws MalformedException {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort((a, b) -> a.begin != b.begin ? Long.compare(a.begin, b.begin) : Long.compare(a.end, b.end));
        long covered = 0;
        for (Entry entry : sorted) {
            if (entry.begin != covered || entry.end < entry.begin || entry.end > dataBytes) {
                throw new MalformedException("tensor " + MalformedException.quote(entry.name) + " lies at bytes " + entry.begin
                        + " to " + entry.end + " of " + dataBytes + "; it is expected to begin at " + covered
                        + ", where the one before it ends, and to end within the file");
            }
            covered = entry.end;
        }
        if (covered != dataBytes) {
            throw new MalformedException("has " + dataBytes + " bytes behind its header, of which its tensors cover " + covered);
        }
    }

    /** How many values of a type fill the entry's bytes, and no others. */
    private static int count(Entry entry, DType dtype) throws MalformedException {
        int elements = Tensor.elements(entry.shape);
        long bytes = entry.end - entry.begin;
        if (bytes != (long) elements * dtype.bytes()) {
            throw new MalformedException("tensor " + MalformedException.quote(entry.name) + " has " + bytes + " bytes; "
                    + elements + " values of " + dtype + " need " + elements * (long) dtype.bytes());
        }
        return elements;
    }
}
