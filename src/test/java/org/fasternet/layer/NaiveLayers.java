package org.fasternet.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * The layers as their definitions say, in double precision on N x C x H x W, without any of the product's schedule, layout or
 * slicing: the independent oracle of back ends.
 */
public final class NaiveLayers {
    private final List<double[]> taps = new ArrayList<>();
    private Shape shape;
    private double[] x;

    private NaiveLayers(Shape shape, double[] x) {
        this.shape = shape;
        this.x = x;
    }

    /**
     * What the chain makes of {@code src}: its feature maps if it has taps, else its last value; {@code dst} is what a residual
     * adds to.
     */
    public static List<double[]> run(List<NamedLayer> layers, Shape src, double[] values, double[] dst) {
        NaiveLayers state = new NaiveLayers(src, values.clone());
        layers.forEach(named -> state.apply(named.layer(), dst));
        return state.taps.isEmpty() ? List.of(state.x) : state.taps;
    }

    private void apply(Layer layer, double[] dst) {
        if (layer instanceof PatchConv conv) {
            x = conv(x, shape, conv.weights(), conv.size(), 0);
            addBias(x, conv.dst(shape), conv.bias());
        } else if (layer instanceof Conv conv) {
            x = conv(x, shape, conv.weights(), 1, conv.size() / 2);
            addBias(x, conv.dst(shape), conv.bias());
        } else if (layer instanceof PartialConv partial) {
            x = partial(x, shape, partial);
        } else if (layer instanceof Block block) {
            double[] hidden = conv(partial(x, shape, block.partial()), shape, as1x1(block.expand()), 1, 0);
            Shape hiddenShape = shape.withChannels(block.hiddenChannels());
            addBias(hidden, hiddenShape, block.bias());
            activate(hidden, Optional.of(block.activation()));
            double[] branch = conv(hidden, hiddenShape, as1x1(block.project()), 1, 0);
            Arrays.setAll(x, i -> x[i] + branch[i]);
        } else if (layer instanceof Pointwise pointwise) {
            double[] y = conv(x, shape, as1x1(pointwise.weights()), 1, 0);
            addBias(y, pointwise.dst(shape), pointwise.bias());
            activate(y, pointwise.activation());
            if (pointwise.residual()) {
                Arrays.setAll(y, i -> y[i] + dst[i]);
            }
            x = y;
        } else if (layer instanceof Pool) {
            x = mean(x, shape);
        } else if (layer instanceof FeatureTap tap) {
            double[] y = new double[x.length];
            int plane = shape.h() * shape.w();
            Arrays.setAll(y, i -> {
                int c = i / plane % shape.c();
                return x[i] * tap.scale()[c] + tap.shift()[c];
            });
            taps.add(y);
        }
        shape = layer.dst(shape);
    }

    private static double[] partial(double[] src, Shape shape, PartialConv layer) {
        int plane = shape.h() * shape.w();
        int touched = layer.partialChannels() * plane;
        Shape sliceShape = shape.withChannels(layer.partialChannels());
        double[] result = src.clone();
        double[] slice = new double[shape.n() * touched];
        for (int n = 0; n < shape.n(); n++) {
            System.arraycopy(src, n * shape.c() * plane, slice, n * touched, touched);
        }
        double[] convolved = conv(slice, sliceShape, layer.weights(), 1, 1);
        for (int n = 0; n < shape.n(); n++) {
            System.arraycopy(convolved, n * touched, result, n * shape.c() * plane, touched);
        }
        return result;
    }

    private static double[] conv(double[] src, Shape s, Tensor weights, int stride, int padding) {
        int k = weights.dim(2);
        int outputs = weights.dim(0);
        int oh = (s.h() + 2 * padding - k) / stride + 1;
        int ow = (s.w() + 2 * padding - k) / stride + 1;
        double[] dst = new double[s.n() * outputs * oh * ow];
        float[] kernel = weights.data();
        for (int n = 0, i = 0; n < s.n(); n++) {
            for (int o = 0; o < outputs; o++) {
                for (int y = 0; y < oh; y++) {
                    for (int x = 0; x < ow; x++, i++) {
                        dst[i] = tap(src, s, weights, kernel, n, o, y * stride - padding, x * stride - padding);
                    }
                }
            }
        }
        return dst;
    }

    private static double tap(double[] src, Shape s, Tensor weights, float[] kernel, int n, int o, int top, int left) {
        int k = weights.dim(2);
        int inputs = weights.dim(1);
        int group = o / (weights.dim(0) / (s.c() / inputs));
        double sum = 0;
        for (int c = 0; c < inputs; c++) {
            for (int ky = 0; ky < k; ky++) {
                for (int kx = 0; kx < k; kx++) {
                    int y = top + ky;
                    int x = left + kx;
                    if (y >= 0 && y < s.h() && x >= 0 && x < s.w()) {
                        sum += src[((n * s.c() + group * inputs + c) * s.h() + y) * s.w() + x]
                                * kernel[((o * inputs + c) * k + ky) * k + kx];
                    }
                }
            }
        }
        return sum;
    }

    private static void addBias(double[] values, Shape shape, float[] bias) {
        int plane = shape.h() * shape.w();
        for (int i = 0; i < values.length; i++) {
            values[i] += bias[i / plane % shape.c()];
        }
    }

    private static void activate(double[] values, Optional<Activation> activation) {
        if (activation.isPresent()) {
            Arrays.setAll(values, i -> activation.get() == Activation.RELU ? Math.max(values[i], 0) : gelu(values[i]));
        }
    }

    public static double gelu(double x) {
        return x * (1 + erf(x / Math.sqrt(2))) / 2;
    }

    /** The Maclaurin series within +-4, exact to 1e-9 there by its alternating terms in double; beyond, erf is +-1 to 1e-8. */
    static double erf(double x) {
        if (Math.abs(x) > 4) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return sum * 2 / Math.sqrt(Math.PI);
    }

    private static double[] mean(double[] src, Shape s) {
        int plane = s.h() * s.w();
        double[] dst = new double[s.n() * s.c()];
        for (int i = 0; i < src.length; i++) {
            dst[i / plane] += src[i] / plane;
        }
        return dst;
    }

    private static Tensor as1x1(Tensor matrix) {
        return matrix.withShape(matrix.dim(0), matrix.dim(1), 1, 1);
    }
}
