package org.fasternet.int8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * A quantized chain by plain loops: the real weights divided by their scales and rounded, 64-bit sums of products of whole numbers
 * less their zero points, and the formula of {@link Int8Matrix} for what is stored. It takes nothing from that class.
 */
public final class NaiveInt8 {
    private final Quantization quantization;
    private Shape shape;
    private int[] values;
    private QuantizationParams stored;
    /** The last layer's sums, if its result is f32. */
    private float[] f32;

    private NaiveInt8(Quantization quantization, Shape shape, int[] values) {
        this.quantization = quantization;
        this.shape = shape;
        this.values = values;
        stored = quantization.src();
    }

    /** What each layer stores, N x C x H x W; of a last one without a scale nothing. */
    public record Result(List<int[]> layers, Optional<float[]> f32) {}

    /** @param src what is stored of the source, N x C x H x W */
    public static Result run(List<NamedLayer> layers, Quantization quantization, Shape shape, int[] src) {
        NaiveInt8 naive = new NaiveInt8(quantization, shape, src.clone());
        List<int[]> results = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            naive.apply(layers.get(i).layer(), quantization.layers().get(i));
            results.add(naive.values.clone());
        }
        return new Result(results, Optional.ofNullable(naive.f32));
    }

    private void apply(Layer layer, Quantization.Scales scales) {
        if (layer instanceof Block block) {
            int[] before = values;
            QuantizationParams read = stored;
            int[] mixed = partial(block.partial(), scales.matrices().get(0));
            MatrixScales expand = scales.matrices().get(1);
            int[] hidden = matrix(mixed, shape, read, as1x1(block.expand()), block.bias(), Optional.of(block.activation()), expand, 1, 0,
                    null, null);
            values = matrix(hidden, shape.withChannels(block.hiddenChannels()), expand.result().orElseThrow(), as1x1(block.project()),
                    new float[block.channels()], Optional.empty(), scales.matrices().get(2), 1, 0, before, read);
        } else if (layer instanceof PartialConv partial) {
            values = partial(partial, scales.matrices().get(0));
        } else if (layer instanceof PatchConv conv) {
            values = matrix(values, shape, stored, conv.weights(), conv.bias(), Optional.empty(), scales.matrices().get(0), conv.size(),
                    0, null, null);
        } else if (layer instanceof Pointwise pointwise) {
            values = matrix(values, shape, stored, as1x1(pointwise.weights()), pointwise.bias(), pointwise.activation(),
                    scales.matrices().get(0), 1, 0, null, null);
        } else if (layer instanceof Pool) {
            values = pool(scales.dst().orElseThrow());
        }
        shape = layer.dst(shape);
        stored = scales.dst().orElse(stored);
    }

    private int[] partial(PartialConv conv, MatrixScales scales) {
        int touched = conv.partialChannels();
        int plane = shape.h() * shape.w();
        int[] slice = new int[shape.n() * touched * plane];
        for (int n = 0; n < shape.n(); n++) {
            System.arraycopy(values, n * shape.c() * plane, slice, n * touched * plane, touched * plane);
        }
        int[] convolved = matrix(slice, shape.withChannels(touched), stored, conv.weights(), new float[touched], Optional.empty(), scales,
                1, 1, null, null);
        int[] result = values.clone();
        for (int n = 0; n < shape.n(); n++) {
            System.arraycopy(convolved, n * touched * plane, result, n * shape.c() * plane, touched * plane);
        }
        return result;
    }

    private int[] matrix(int[] src, Shape s, QuantizationParams read, Tensor weights, float[] bias, Optional<Activation> activation,
            MatrixScales scales, int stride, int padding, int[] residual, QuantizationParams residualStored) {
        int outputs = weights.dim(0);
        int size = weights.dim(2);
        int height = (s.h() + 2 * padding - size) / stride + 1;
        int width = (s.w() + 2 * padding - size) / stride + 1;
        int[] result = new int[s.n() * outputs * height * width];
        f32 = scales.sum().isEmpty() ? new float[result.length] : null;
        int[][] whole = whole(weights, scales.weights());
        for (int n = 0, at = 0; n < s.n(); n++) {
            for (int o = 0; o < outputs; o++) {
                double step = (double) read.scale() * scales.weights()[o];
                long start = (long) Math.rint(((double) bias[o] + scales.correction()[o]) / step);
                for (int y = 0; y < height; y++) {
                    for (int x = 0; x < width; x++, at++) {
                        int sum = (int) (start + products(src, s, read, whole[o], size, n, y * stride - padding, x * stride - padding));
                        if (f32 != null) {
                            f32[at] = (float) sum * (float) step;
                            continue;
                        }
                        QuantizationParams dst = scales.sum().orElseThrow();
                        float value = (float) sum * (float) (step / dst.scale());
                        if (residual != null) {
                            float factor = (float) ((double) residualStored.scale() / dst.scale());
                            value = value + (float) (residual[at] - residualStored.zeroPoint()) * factor;
                        }
                        result[at] = store(value, dst, scales, activation);
                    }
                }
            }
        }
        return result;
    }

    private static int store(float value, QuantizationParams dst, MatrixScales scales, Optional<Activation> activation) {
        int q = (int) Math.max(0, Math.min(Math.rint(value) + dst.zeroPoint(), 255));
        if (scales.activated().isEmpty()) {
            return q;
        }
        if (!activation.equals(Optional.of(Activation.GELU))) {
            throw new AssertionError(activation);
        }
        QuantizationParams then = scales.activated().get();
        double activated = NaiveLayers.gelu((q - dst.zeroPoint()) * (double) dst.scale());
        return (int) Math.max(0, Math.min(Math.rint(activated / then.scale()) + then.zeroPoint(), 255));
    }

    private static long products(int[] src, Shape s, QuantizationParams read, int[] weights, int size, int n, int top, int left) {
        long sum = 0;
        for (int c = 0, k = 0; c < s.c(); c++) {
            for (int dy = 0; dy < size; dy++) {
                for (int dx = 0; dx < size; dx++, k++) {
                    int y = top + dy;
                    int x = left + dx;
                    if (y >= 0 && y < s.h() && x >= 0 && x < s.w()) {
                        sum += (long) weights[k] * (src[((n * s.c() + c) * s.h() + y) * s.w() + x] - read.zeroPoint());
                    }
                }
            }
        }
        return sum;
    }

    private static int[][] whole(Tensor weights, float[] steps) {
        float[] real = weights.data();
        int row = real.length / steps.length;
        int[][] whole = new int[steps.length][row];
        for (int i = 0; i < real.length; i++) {
            whole[i / row][i % row] = (int) Math.rint(real[i] / (double) steps[i / row]);
        }
        return whole;
    }

    private int[] pool(QuantizationParams dst) {
        int plane = shape.h() * shape.w();
        int[] result = new int[shape.n() * shape.c()];
        float factor = (float) ((double) stored.scale() / dst.scale());
        for (int i = 0; i < result.length; i++) {
            long sum = 0;
            for (int k = 0; k < plane; k++) {
                sum += values[i * plane + k];
            }
            float mean = (float) sum / (float) plane + (float) -stored.zeroPoint();
            result[i] = (int) Math.max(0, Math.min(Math.rint(mean * factor) + dst.zeroPoint(), 255));
        }
        return result;
    }

    private static Tensor as1x1(Tensor matrix) {
        return matrix.withShape(matrix.dim(0), matrix.dim(1), 1, 1);
    }
}
