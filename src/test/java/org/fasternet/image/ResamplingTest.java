package org.fasternet.image;

import static org.fasternet.image.TestImages.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing.Interpolation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Resizing against PIL's files and against a convolution in double precision, and the centre crop against torchvision's rule. */
class ResamplingTest {
    /** Shrinking and stretching, either alone, by whole and odd factors; single pixels, rows and columns. */
    static List<int[]> sizes() {
        List<int[]> sizes = new ArrayList<>();
        for (int[] src : new int[][] {{1, 1}, {1, 9}, {9, 1}, {2, 3}, {13, 17}, {40, 31}}) {
            for (int[] dst : new int[][] {{1, 1}, {1, 5}, {7, 1}, {3, 2}, {13, 17}, {26, 34}, {20, 64}, {61, 10}}) {
                sizes.add(new int[] {src[0], src[1], dst[0], dst[1]});
            }
        }
        sizes.add(new int[] {10000, 1, 3, 2});
        sizes.add(new int[] {1, 10000, 2, 3});
        return sizes;
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void resizeIsAConvolution(int[] size) {
        for (Interpolation interpolation : Interpolation.values()) {
            for (int channels : new int[] {1, 3}) {
                Image src = TestImages.random(size[0], size[1], channels, 7);
                Image dst = src.resize(size[2], size[3], interpolation);
                String what = src + " to " + dst + " " + interpolation;
                // A half for each pass's rounding; the second magnifies the first one's by its weights' magnitudes, at most 1.4.
                assertClose(convolution(src, size[2], size[3], interpolation), dst, 1, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameSizeChangesNothing(Interpolation interpolation) {
        Image src = TestImages.random(12, 11, 3, 1);
        assertArrayEquals(src.pixels(), src.resize(12, 11, interpolation).pixels());
    }

    @ParameterizedTest
    @CsvSource({
        "5, 5, 3, 3, 1, 1", "6, 6, 3, 3, 2, 2", "8, 8, 3, 3, 2, 2", "4, 9, 4, 2, 0, 4",
        "3, 3, 6, 6, -1, -1", "2, 7, 5, 3, -1, 2", "1, 1, 1, 1, 0, 0"
    })
    void centerCropIsTorchvisions(int height, int width, int cropHeight, int cropWidth, int top, int left) {
        Image src = TestImages.random(height, width, 3, 2);
        Image crop = src.centerCrop(cropHeight, cropWidth);
        assertEquals(cropHeight, crop.height());
        assertEquals(cropWidth, crop.width());
        for (int y = 0; y < cropHeight; y++) {
            for (int x = 0; x < cropWidth; x++) {
                boolean inside = y + top >= 0 && y + top < height && x + left >= 0 && x + left < width;
                for (int c = 0; c < 3; c++) {
                    int expected = inside ? src.pixels()[((y + top) * width + x + left) * 3 + c] : 0;
                    int actual = crop.pixels()[(y * cropWidth + x) * 3 + c];
                    assertEquals(expected, actual, "row " + y + " column " + x + " channel " + c);
                }
            }
        }
    }

    @Test
    void sizesThatCannotBeAreRefused() {
        Image image = TestImages.random(3, 3, 3, 3);
        assertThrows(ShapeException.class, () -> image.resize(0, 3, Interpolation.BICUBIC));
        assertThrows(ShapeException.class, () -> image.centerCrop(3, -1));
        assertThrows(ShapeException.class, () -> image.resize(1 << 14, 1 << 14, Interpolation.BICUBIC));
        Image grey = TestImages.random(1, 1, 1, 3);
        assertThrows(ShapeException.class, () -> grey.resize(1, Integer.MAX_VALUE, Interpolation.BICUBIC));
        assertThrows(ShapeException.class, () -> new Image(2, 2, 3, new byte[11]));
        assertThrows(ShapeException.class, () -> new Image(2, 2, 2, new byte[8]));
    }

    /** The definition: every pixel from all of the source, in double precision, rounded once. */
    private static byte[] convolution(Image src, int height, int width, Interpolation interpolation) {
        double[][] rows = weights(src.height(), height, interpolation);
        double[][] columns = weights(src.width(), width, interpolation);
        byte[] dst = new byte[height * width * src.channels()];
        for (int i = 0; i < dst.length; i++) {
            int c = i % src.channels();
            int x = i / src.channels() % width;
            int y = i / src.channels() / width;
            double sum = 0;
            for (int v = 0; v < src.height(); v++) {
                double row = 0;
                for (int u = 0; u < src.width(); u++) {
                    row += columns[x][u] * (src.pixels()[(v * src.width() + u) * src.channels() + c] & 0xff);
                }
                // PIL keeps the picture between the passes in 8 bits, which clips what a filter overshoots.
                sum += rows[y][v] * Math.max(0, Math.min(255, row));
            }
            dst[i] = (byte) Math.max(0, Math.min(255, Math.round(sum)));
        }
        return dst;
    }

    private static double[][] weights(int src, int dst, Interpolation interpolation) {
        double scale = (double) src / dst;
        double stretch = Math.max(1, scale);
        double[][] weights = new double[dst][src];
        for (int i = 0; i < dst; i++) {
            double sum = 0;
            for (int j = 0; j < src; j++) {
                weights[i][j] = kernel(Math.abs(j + 0.5 - (i + 0.5) * scale) / stretch, interpolation);
                sum += weights[i][j];
            }
            for (int j = 0; j < src; j++) {
                weights[i][j] /= sum;
            }
        }
        return weights;
    }

    private static double kernel(double x, Interpolation interpolation) {
        if (interpolation == Interpolation.BILINEAR) {
            return Math.max(0, 1 - x);
        }
        if (x >= 2) {
            return 0;
        }
        return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
    }
}
