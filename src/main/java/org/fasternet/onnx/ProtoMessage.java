package org.fasternet.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/**
 * A message in Protocol Buffers' wire format, field by field. Its size is known before it is written, so a message may hold
 * others, and weights are asked for and converted while they are written: neither is ever in memory as bytes. Google's own
 * CodedOutputStream would need every size computed in a pass of its own beside the one that writes.
 */
final class ProtoMessage {
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;

    private final List<OutputFile.Content> parts = new ArrayList<>();
    private long size;

    /** Bytes of the message as it is now. */
    long size() {
        return size;
    }

    void writeTo(OutputStream out) throws IOException {
        for (OutputFile.Content part : parts) {
            part.writeTo(out);
        }
    }

    /** A field of an integer or enum type; negative values are as the format's int64 has them. */
    ProtoMessage integer(int field, long value) {
        return varint((long) field << 3 | VARINT).varint(value);
    }

    ProtoMessage text(int field, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return delimited(field, utf8.length, out -> out.write(utf8));
    }

    /** @param value is finished: it must not get another field after this */
    ProtoMessage message(int field, ProtoMessage value) {
        return delimited(field, value.size, value::writeTo);
    }

    /**
     * A field of type bytes: the tensor's values in little-endian order.
     *
     * @param dtype what they are written as
     * @param scratch holds them while they are written; one for all tensors of a file will do
     */
    ProtoMessage bytes(int field, Tensor tensor, DType dtype, Scratch scratch) {
        return delimited(field, (long) tensor.elements() * dtype.bytes(),
                out -> StoredValues.write(scratch.values(tensor), tensor.elements(), dtype, out));
    }

    private ProtoMessage delimited(int field, long length, OutputFile.Content content) {
        return varint((long) field << 3 | LENGTH_DELIMITED).varint(length).part(length, content);
    }

    /** Seven bits a byte, the low ones first; the top bit says that more follow. */
    private ProtoMessage varint(long value) {
        byte[] bytes = new byte[(Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7];
        for (int i = 0; i < bytes.length; i++) {
            int more = i < bytes.length - 1 ? 0x80 : 0;
            bytes[i] = (byte) (value >>> 7 * i & 0x7f | more);
        }
        return part(bytes.length, out -> out.write(bytes));
    }

    private ProtoMessage part(long length, OutputFile.Content content) {
        parts.add(content);
        size += length;
        return this;
    }
}
