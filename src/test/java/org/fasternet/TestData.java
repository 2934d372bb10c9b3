package org.fasternet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/** Random values and conversions between layouts and number types, for tests. */
public final class TestData {
    private TestData() {}

    public static float[] gaussian(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** A tensor whose products with values of size 1 are of size 1: the first axis is outputs, the others are summed over. */
    public static Tensor weights(Random random, int... shape) {
        float[] values = gaussian(random, Tensor.elements(shape));
        double scale = Math.sqrt((double) shape[0] / values.length);
        for (int i = 0; i < values.length; i++) {
            values[i] *= (float) scale;
        }
        return new Tensor(shape, values);
    }

    public static double[] doubles(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    public static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    /** N x C x H x W order of values in N x H x W x C order. */
    public static double[] nchw(float[] nhwc, Shape s) {
        double[] result = new double[nhwc.length];
        for (int i = 0; i < nhwc.length; i++) {
            result[nchwIndex(i, s)] = nhwc[i];
        }
        return result;
    }

    /** N x H x W x C order of values in N x C x H x W order. */
    public static float[] nhwc(double[] nchw, Shape s) {
        float[] result = new float[nchw.length];
        for (int i = 0; i < nchw.length; i++) {
            result[i] = (float) nchw[nchwIndex(i, s)];
        }
        return result;
    }

    private static int nchwIndex(int nhwcIndex, Shape s) {
        int c = nhwcIndex % s.c();
        int pixel = nhwcIndex / s.c();
        int plane = s.h() * s.w();
        return (pixel / plane * s.c() + c) * plane + pixel % plane;
    }

    /** Memory that this process has now, in kB. */
    public static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
