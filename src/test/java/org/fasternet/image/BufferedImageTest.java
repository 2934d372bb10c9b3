package org.fasternet.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Point;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.nio.file.Files;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.fasternet.error.ShapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that Java has decoded, in every memory layout of 8 bits that it has a name for. */
class BufferedImageTest {
    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR})
    void pixelsAreTakenWhateverTheirLayout(int type) {
        BufferedImage java = new BufferedImage(5, 3, type);
        SplittableRandom random = new SplittableRandom(type);
        byte[] expected = new byte[3 * 5 * 3];
        for (int y = 0, i = 0; y < 3; y++) {
            for (int x = 0; x < 5; x++) {
                int rgb = random.nextInt(1 << 24);
                java.setRGB(x, y, 0x40000000 | rgb);
                for (int shift = 16; shift >= 0; shift -= 8) {
                    expected[i++] = (byte) (rgb >> shift);
                }
            }
        }
        Image image = Image.of(java, 3);
        assertEquals("Image[3x5x3]", image.toString());
        assertArrayEquals(expected, image.pixels());
    }

    @Test
    void aFileByImageIoIsTheFileByUs() throws Exception {
        for (String name : new String[] {"images/png-palette8.png", "images/png-grey.png", "images/bmp-565.bmp"}) {
            BufferedImage java = ImageIO.read(Files.newInputStream(TestImages.resource(name)));
            for (int channels : new int[] {1, 3}) {
                assertArrayEquals(
                        Image.read(TestImages.resource(name), channels).pixels(), Image.of(java, channels).pixels(), name);
            }
        }
    }

    @Test
    void whatHasNoBytesOfRgbOrGreyIsRefused() {
        ColorSpace rgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
        ComponentColorModel floats = new ComponentColorModel(rgb, false, false, 1, DataBuffer.TYPE_FLOAT);
        WritableRaster raster = Raster.createWritableRaster(
                new ComponentSampleModel(DataBuffer.TYPE_FLOAT, 2, 2, 3, 6, new int[] {0, 1, 2}), new Point());
        BufferedImage image = new BufferedImage(floats, raster, false, null);
        String refused = assertThrows(ShapeException.class, () -> Image.of(image, 3)).getMessage();
        assertEquals("an image cannot be taken: samples of floating point are not read", refused);
        ComponentColorModel xyz = new ComponentColorModel(
                ColorSpace.getInstance(ColorSpace.CS_CIEXYZ), false, false, 1, DataBuffer.TYPE_BYTE);
        BufferedImage other = new BufferedImage(xyz, xyz.createCompatibleWritableRaster(2, 2), false, null);
        assertTrue(assertThrows(ShapeException.class, () -> Image.of(other, 3)).getMessage().contains("neither RGB nor grey"));
    }
}
