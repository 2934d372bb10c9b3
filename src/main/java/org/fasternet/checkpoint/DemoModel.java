package org.fasternet.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.fasternet.InvalidFileException;

/** The model in the box: {@code org/fasternet/demo} on the class path. */
final class DemoModel {
    private static final String FOLDER = "/org/fasternet/demo/";
    private static final String SOURCE = "the model in the box";

    private DemoModel() {
    }

    static Checkpoint read() {
        try {
            byte[] weights = bytes("model.safetensors");
            ModelCard card = ModelCard.parse(
                    "config.json", SOURCE + ": config.json", new String(bytes("config.json"), StandardCharsets.UTF_8));
            return Checkpoint.of(
                    SOURCE, SafetensorsReader.read(new ByteArrayInputStream(weights), weights.length), card, Optional.empty());
        } catch (IOException e) {
            throw new InvalidFileException(SOURCE + ": cannot be read: " + e.getMessage(), e);
        }
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
