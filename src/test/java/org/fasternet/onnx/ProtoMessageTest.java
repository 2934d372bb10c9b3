package org.fasternet.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Read back by Google's parser. */
class ProtoMessageTest {
    private static UnknownFieldSet parse(ProtoMessage message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        message.writeTo(out);
        assertEquals(message.size(), out.size());
        return UnknownFieldSet.parseFrom(out.toByteArray());
    }

    @Test
    void integersOfAnySize() throws IOException {
        long[] values = {0, 1, 127, 128, 16383, 16384, Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE};
        ProtoMessage message = new ProtoMessage();
        for (long value : values) {
            message.integer(20, value);
        }
        UnknownFieldSet.Field field = parse(message).getField(20);
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], field.getVarintList().get(i));
        }
    }

    /** Longer than one chunk of the conversion. */
    @Test
    void nestedMessagesTextAndValues() throws IOException {
        float[] values = new float[70_000];
        values[69_999] = -1.5f;
        Tensor tensor = new Tensor(new int[] {70, 1000}, values);
        ProtoMessage inner = new ProtoMessage().text(1, "Größe").bytes(9, tensor, DType.F32, new Scratch());
        UnknownFieldSet outer = parse(new ProtoMessage().message(2, inner).text(15, ""));
        assertEquals("", outer.getField(15).getLengthDelimitedList().get(0).toStringUtf8());
        UnknownFieldSet parsed = UnknownFieldSet.parseFrom(outer.getField(2).getLengthDelimitedList().get(0));
        assertEquals("Größe", parsed.getField(1).getLengthDelimitedList().get(0).toStringUtf8());
        ByteBuffer bytes = parsed.getField(9).getLengthDelimitedList().get(0).asReadOnlyByteBuffer();
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(280_000, bytes.remaining());
        assertEquals(-1.5f, bytes.getFloat(279_996));
        assertEquals(0f, bytes.getFloat(0));
    }
}
