package org.fasternet.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The image files among the test resources, and how two images are compared. */
final class TestImages {
    private TestImages() {}

    static Path resource(String name) {
        try {
            return Path.of(TestImages.class.getResource("/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The files in odd formats, each with PIL's RGB pixels beside it in NAME.npy. */
    static List<String> odd() throws IOException {
        try (Stream<Path> files = Files.list(resource("images"))) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".npy"))
                    .map(n -> n.substring(0, n.length() - ".npy".length()))
                    .sorted()
                    .toList();
        }
    }

    static byte[] bytes(String name) {
        try (InputStream in = TestImages.class.getResourceAsStream("/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The values of a version 1.0 .npy file, which the caller knows the shape and type of. */
    static ByteBuffer npy(String name) {
        ByteBuffer file = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
        int header = file.getShort(8);
        return file.position(10 + header).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    static Image random(int height, int width, int channels, long seed) {
        byte[] pixels = new byte[height * width * channels];
        new SplittableRandom(seed).nextBytes(pixels);
        return new Image(height, width, channels, pixels);
    }

    static void assertClose(byte[] expected, Image actual, int tolerance, String what) {
        int worst = -1;
        int off = 0;
        assertEquals(expected.length, actual.pixels().length, what + ": bytes of " + actual);
        for (int i = 0; i < expected.length; i++) {
            int difference = difference(expected, actual, i);
            off += difference > tolerance ? 1 : 0;
            worst = worst < 0 || difference > difference(expected, actual, worst) ? i : worst;
        }
        if (off > 0) {
            int pixel = worst / actual.channels();
            fail("%s: row %d column %d channel %d is %d, not %d; %d of %d are off by more than %d"
                    .formatted(what, pixel / actual.width(), pixel % actual.width(), worst % actual.channels(),
                            actual.pixels()[worst] & 0xff, expected[worst] & 0xff, off, expected.length, tolerance));
        }
    }

    private static int difference(byte[] expected, Image actual, int i) {
        return Math.abs((expected[i] & 0xff) - (actual.pixels()[i] & 0xff));
    }
}
