package org.fasternet.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.fasternet.error.InvalidFileException;
import org.fasternet.tensor.DType;

/** The model in the box: {@code org/fasternet/demo} on the class path. */
final class DemoModel {
    private static final String FOLDER = "/org/fasternet/demo/";
    private static final String SOURCE = "the model in the box";

    private DemoModel() {
    }

    static Checkpoint read() {
        return read("model.safetensors", dict -> ModelCard.parse("config.json", SOURCE + ": config.json",
                new String(bytes("config.json"), StandardCharsets.UTF_8)));
    }

    /** The same network, quantized: its header says all that config.json does. */
    static Checkpoint readQuantized() {
        return read("model-int8.safetensors",
                dict -> ModelCard.find(Optional.empty(), dict, Optional.empty(), SOURCE + ", quantized"));
    }

    private interface Card {
        ModelCard of(StateDict dict) throws IOException;
    }

    private static Checkpoint read(String file, Card card) {
        try {
            byte[] weights = bytes(file);
            StateDict dict = new StateDict();
            SafetensorsReader.StoredAt values = (from, dtype, dst, count) -> decode(weights, (int) from, dtype, dst, count);
            SafetensorsReader.read(
                    new ByteArrayInputStream(weights), weights.length, keys -> key -> true, dict, values, values);
            return Checkpoint.of(SOURCE, dict, card.of(dict), Optional.empty());
        } catch (IOException e) {
            throw new InvalidFileException(SOURCE + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** From memory: in the jar the file is compressed, and each tensor would have all those before it decompressed again. */
    private static void decode(byte[] file, int from, DType dtype, float[] dst, int count) {
        dtype.decode(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(from), dst, 0, count);
    }

    private static byte[] bytes(String name) throws IOException {
        try (InputStream in = DemoModel.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IOException(FOLDER + name + " is not on the class path");
            }
            return in.readAllBytes();
        }
    }
}
