package org.fasternet.image;

import static org.fasternet.image.ResamplingTaps.PRECISION;

import java.util.Arrays;

/**
 * PIL's separable resampling of 8-bit images: along the rows first, rounded to 8 bits, then along the columns. The weights are
 * fixed-point numbers, so the result does not depend on the machine.
 */
final class Resampling {
    private static final int HALF = 1 << PRECISION - 1;

    private Resampling() {}

    /**
     * @param rows the source rows of each destination row
     * @param columns the source columns of each destination column
     * @return {@code rows.length()} x {@code columns.length()} pixels
     */
    static Image resample(Image src, ResamplingTaps rows, ResamplingTaps columns) {
        // The first pass makes only the rows that the second one reads.
        int top = rows.first()[0];
        Image narrow = alongRows(src, top, rows.end() - top, columns);
        return alongColumns(narrow, top, rows);
    }

    private static Image alongRows(Image src, int top, int height, ResamplingTaps columns) {
        int channels = src.channels();
        byte[] pixels = src.pixels();
        byte[] dst = new byte[Image.elements(height, columns.length(), channels)];
        int at = 0;
        for (int y = top; y < top + height; y++) {
            for (int x = 0; x < columns.length(); x++) {
                int from = (y * src.width() + columns.first()[x]) * channels;
                for (int c = 0; c < channels; c++) {
                    dst[at++] = weightedSum(pixels, from + c, channels, columns, x);
                }
            }
        }
        return new Image(height, columns.length(), channels, dst);
    }

    private static byte weightedSum(byte[] pixels, int from, int step, ResamplingTaps taps, int index) {
        int[] weights = taps.weights();
        int sum = HALF;
        int at = from;
        int begin = index * taps.stride();
        for (int k = begin; k < begin + taps.count()[index]; k++, at += step) {
            sum += (pixels[at] & 0xff) * weights[k];
        }
        return clip(sum);
    }

    /** @param top the row of the whole image that is {@code src}'s first */
    private static Image alongColumns(Image src, int top, ResamplingTaps rows) {
        int rowBytes = src.width() * src.channels();
        byte[] pixels = src.pixels();
        byte[] dst = new byte[Image.elements(rows.length(), src.width(), src.channels())];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < rows.length(); y++) {
            Arrays.fill(sums, HALF);
            // Whole rows at a time: both arrays are walked in order, and the compiler vectorises the loop.
            for (int k = 0; k < rows.count()[y]; k++) {
                int weight = rows.weights()[y * rows.stride() + k];
                int from = (rows.first()[y] - top + k) * rowBytes;
                for (int i = 0; i < rowBytes; i++) {
                    sums[i] += (pixels[from + i] & 0xff) * weight;
                }
            }
            for (int i = 0; i < rowBytes; i++) {
                dst[y * rowBytes + i] = clip(sums[i]);
            }
        }
        return new Image(rows.length(), src.width(), src.channels(), dst);
    }

    private static byte clip(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
    }
}
