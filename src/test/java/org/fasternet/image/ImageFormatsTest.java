package org.fasternet.image;

import static org.fasternet.image.TestImages.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertClose(grey, Image.read(TestImages.resource("images/" + name), 1), tolerance(name, 2), name);
    }

    private static byte[] pixels(String name) {
        ByteBuffer npy = TestImages.npy("images/" + name + ".npy");
        byte[] pixels = new byte[npy.remaining()];
        npy.get(pixels);
        return pixels;
    }

    /** Each orientation, of an image of 3 x 5 random pixels, as PIL's {@code ImageOps.exif_transpose} turns it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void uprightIsAsPilTurnsIt(int orientation) {
        Image image = Image.read(TestImages.resource("orientation/" + orientation + ".png"), 3);
        assertEquals(orientation, image.exifOrientation());
        assertEquals(List.of(3, 5), List.of(image.height(), image.width()));
        Image upright = image.upright();
        assertEquals(1, upright.exifOrientation());
        assertEquals(orientation < 5 ? List.of(3, 5) : List.of(5, 3), List.of(upright.height(), upright.width()));
        ByteBuffer npy = TestImages.npy("orientation/" + orientation + ".npy");
        byte[] expected = new byte[npy.remaining()];
        npy.get(expected);
        assertClose(expected, upright, 0, "orientation " + orientation);
    }

    @Test
    void everyFormatSaysItsOrientation() {
        for (String name : List.of("orientation/8.jpg", "orientation/8.webp", "orientation/8.png")) {
            assertEquals(8, Image.read(TestImages.resource(name), 3).exifOrientation(), name);
        }
        assertEquals(6, Image.read(TestImages.resource("images/jpeg-exif-icc.jpg"), 3).exifOrientation());
        assertEquals(1, Image.read(TestImages.resource("images/png-rgb.png"), 3).exifOrientation());
        // PIL turns these when it reads them.
        assertEquals(1, Image.read(TestImages.resource("images/tiff-orientation6.tif"), 3).exifOrientation());
    }

    /** JPEG leaves the rounding of its transforms open; lossy WebP's reader interpolates chroma otherwise than PIL's. */
    private static int tolerance(String name, int chroma) {
        return name.startsWith("jpeg-") ? 3 : name.startsWith("webp-lossy") ? chroma : 0;
    }
}
