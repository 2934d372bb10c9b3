package org.fasternet.image;

import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;
import javax.imageio.IIOException;

/** What the samples of one pixel mean: turns a raster into grey or RGB bytes. */
@FunctionalInterface
interface SampleConverter {
    /** A sample of 8 bits is a shade of grey. */
    SampleConverter GREY = (samples, at) -> 0x010101 * samples[at];

    /**
     * @param samples of all bands of one pixel, beginning at {@code at}
     * @return 0xRRGGBB
     */
    int rgb(int[] samples, int at);

    /** One or two bands are grey, three or four RGB; the even one out is alpha and is dropped. */
    static SampleConverter greyOrRgb(SampleModel model) throws IIOException {
        int[] bits = model.getSampleSize();
        return switch (bits.length) {
            case 1, 2 -> (samples, at) -> 0x010101 * toByte(samples[at], bits[0]);
            case 3, 4 -> (samples, at) ->
                    pack(toByte(samples[at], bits[0]), toByte(samples[at + 1], bits[1]), toByte(samples[at + 2], bits[2]));
            default -> throw new IIOException(bits.length + " channels: 1 to 4 are read");
        };
    }

    static SampleConverter palette(IndexColorModel palette) {
        int[] colors = new int[1 << palette.getPixelSize()];
        palette.getRGBs(colors);
        return (samples, at) -> colors[samples[at]];
    }

    static int pack(int r, int g, int b) {
        return r << 16 | g << 8 | b;
    }

    /** Fewer than 8 bits are spread over 0..255, more lose their low bits: PIL's choice in either case. */
    private static int toByte(int sample, int bits) {
        return bits > 8 ? sample >>> bits - 8 : sample * 255 / ((1 << bits) - 1);
    }

    /** @param channels 3 for RGB, 1 for grey as PIL weighs it (ITU-R 601-2, 16 fraction bits, rounded) */
    default Image convert(Raster raster, int channels) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        int[] samples = new int[width * bands];
        byte[] dst = new byte[Image.elements(height, width, channels)];
        int i = 0;
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, samples);
            for (int at = 0; at < samples.length; at += bands) {
                int rgb = rgb(samples, at);
                int r = rgb >> 16 & 0xff;
                int g = rgb >> 8 & 0xff;
                int b = rgb & 0xff;
                if (channels == 1) {
                    dst[i++] = (byte) (19595 * r + 38470 * g + 7471 * b + 0x8000 >> 16);
                } else {
                    dst[i++] = (byte) r;
                    dst[i++] = (byte) g;
                    dst[i++] = (byte) b;
                }
            }
        }
        return new Image(height, width, channels, dst);
    }
}
