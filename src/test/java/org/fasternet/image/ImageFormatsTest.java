package org.fasternet.image;

import static org.fasternet.image.TestImages.assertClose;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every format and variant against the pixels that PIL reads from the same file. */
class ImageFormatsTest {
    static List<String> odd() throws Exception {
        return TestImages.odd();
    }

    @ParameterizedTest
    @MethodSource("odd")
    void rgbIsWhatPilReads(String name) {
        Image image = Image.read(TestImages.resource("images/" + name), 3);
        assertClose(pixels(name), image, tolerance(name, 17), name);
    }

    @ParameterizedTest
    @MethodSource("odd")
    void greyIsTheWeightedSum(String name) {
        byte[] rgb = pixels(name);
        byte[] grey = new byte[rgb.length / 3];
        for (int i = 0; i < grey.length; i++) {
            long sum = 19595L * (rgb[3 * i] & 0xff) + 38470L * (rgb[3 * i + 1] & 0xff) + 7471L * (rgb[3 * i + 2] & 0xff);
            grey[i] = (byte) Math.floorDiv(sum + 32768, 65536);
        }
        assertClose(grey, Image.read(TestImages.resource("images/" + name), 1), tolerance(name, 3), name);
    }

    private static byte[] pixels(String name) {
        ByteBuffer npy = TestImages.npy("images/" + name + ".npy");
        byte[] pixels = new byte[npy.remaining()];
        npy.get(pixels);
        return pixels;
    }

    /** JPEG leaves the rounding of its transforms open; lossy WebP's reader interpolates chroma otherwise than PIL's. */
    private static int tolerance(String name, int chroma) {
        return name.startsWith("jpeg-") ? 3 : name.startsWith("webp-lossy") ? chroma : 0;
    }
}
