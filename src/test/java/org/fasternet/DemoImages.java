package org.fasternet;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.fasternet.image.Image;

/** The demo model's test images, in MNIST's idx format: big-endian sizes, then bytes. */
public final class DemoImages {
    private DemoImages() {}

    public static Path file(String name) {
        return TestFiles.resource("demo", name);
    }

    public static List<Image> images() {
        return read("test-images-idx3-ubyte.gz", 3, (sizes, in) -> {
            List<Image> images = new ArrayList<>();
            for (int i = 0; i < sizes[0]; i++) {
                images.add(new Image(sizes[1], sizes[2], 1, in.readNBytes(sizes[1] * sizes[2])));
            }
            return images;
        });
    }

    /** The class of each image. */
    public static byte[] classes() {
        return read("test-labels-idx1-ubyte.gz", 1, (sizes, in) -> in.readNBytes(sizes[0]));
    }

    private interface Content<T> {
        T read(int[] sizes, DataInputStream in) throws IOException;
    }

    private static <T> T read(String name, int rank, Content<T> content) {
        try (DataInputStream in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file(name))))) {
            int magic = in.readInt();
            if (magic != (8 << 8 | rank)) {
                throw new IOException(name + " has the magic number " + magic);
            }
            int[] sizes = new int[rank];
            for (int i = 0; i < rank; i++) {
                sizes[i] = in.readInt();
            }
            return content.read(sizes, in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
