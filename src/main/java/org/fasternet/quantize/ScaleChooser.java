package org.fasternet.quantize;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Chain;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Tensor;

/** Chooses the scales of a network's tensors, layer by layer, by what calibration has seen. */
final class ScaleChooser {
    private final Calibration seen;
    private final RangeMethod method;
    private final Map<String, MatrixScales> matrices = new LinkedHashMap<>();
    /** Weights by the key without {@code .weight}, as they are stored then, for those that are. */
    private final Map<String, Tensor> stored = new LinkedHashMap<>();
    private QuantizationParams src;
    private QuantizationParams pool;

    /** What was read last, and what it is stored as. */
    private Observed read;
    private QuantizationParams stream;
    /** Where blocks follow: the ranges of what they make, and the zero point of all. */
    private final Map<String, Range> ranges = new LinkedHashMap<>();

    ScaleChooser(Calibration seen, RangeMethod method) {
        this.seen = seen;
        this.method = method;
    }

    void choose(List<NamedLayer> layers) {
        read = seen.of(Calibration.SRC);
        src = affine(read);
        stream = src;
        for (int i = 0; i < layers.size(); i++) {
            NamedLayer named = layers.get(i);
            List<String> keys = Chain.keys(named);
            if (named.layer() instanceof PatchConv conv) {
                patchConv(conv, keys.get(0), i == 0, zeroPoint(layers, i));
            } else if (named.layer() instanceof Block block) {
                block(block, keys);
            } else if (named.layer() instanceof Pointwise pointwise) {
                pointwise(pointwise, keys.get(0), i == layers.size() - 1);
            } else if (named.layer() instanceof Pool) {
                read = seen.of(named.name());
                pool = affine(read, 2.0 * stream.scale());
                stream = pool;
            }
        }
    }

    QuantizationParams src() {
        return src;
    }

    Optional<QuantizationParams> pool() {
        return Optional.ofNullable(pool);
    }

    Map<String, MatrixScales> matrices() {
        return matrices;
    }

    Map<String, Tensor> stored() {
        return stored;
    }

    /**
     * The zero point of a tensor that blocks change in place: that for which the steps of all that they make of it are, on
     * geometric average, the smallest. The first tensor is that of layer {@code index}.
     */
    private int zeroPoint(List<NamedLayer> layers, int index) {
        ranges.clear();
        for (int i = index; i < layers.size() && (i == index || inPlace(layers.get(i))); i++) {
            if (!(layers.get(i).layer() instanceof FeatureTap)) {
                List<String> keys = Chain.keys(layers.get(i));
                String key = keys.get(keys.size() - 1);
                ranges.put(key, method.range(seen.of(key).histogram(), DoubleUnaryOperator.identity()));
            }
        }
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int zero = 0; zero <= QuantizationParams.MAX; zero++) {
            double sum = 0;
            for (Range range : ranges.values()) {
                sum += Math.log(step(range, zero) + Float.MIN_NORMAL);
            }
            if (sum < least) {
                least = sum;
                best = zero;
            }
        }
        return best;
    }

    private static boolean inPlace(NamedLayer named) {
        return named.layer() instanceof Block || named.layer() instanceof FeatureTap;
    }

    private static double step(Range range, int zero) {
        double high = range.high() > 0 ? range.high() / (QuantizationParams.MAX - zero) : 0;
        double low = range.low() < 0 ? -range.low() / zero : 0;
        return Math.max(high, low);
    }

    private void patchConv(PatchConv conv, String key, boolean first, int zero) {
        QuantizationParams from = stream;
        WeightRounding rounding = new WeightRounding(conv.weights());
        QuantizationParams sum = inStream(key, zero, rounding.largest() * from.scale());
        if (first) {
            // Its weights stay f32: those for 8-bit pixels are made of them.
            matrices.put(key, new MatrixScales(new float[0], new float[0], Optional.of(sum), Optional.empty()));
        } else {
            Observed inputs = read;
            put(key, rounding, conv.bias(), from, Optional.of(sum), Optional.empty(), inputs::mean);
        }
        stream = sum;
        read = seen.of(key);
    }

    private void block(Block block, List<String> keys) {
        QuantizationParams x = stream;
        Observed convolved = seen.of(keys.get(0));
        float[] factors = Equalization.factors(block, convolved, x);
        WeightRounding conv = new WeightRounding(Equalization.conv(block, factors));
        Observed inputs = read;
        put(keys.get(0), conv, new float[factors.length], x, Optional.of(x), Optional.empty(), inputs::mean);

        WeightRounding expand = new WeightRounding(Equalization.expand(block, factors));
        Observed hidden = seen.of(keys.get(1));
        QuantizationParams activated = activation(block.activation(), keys.get(1), expand, block.bias(), x,
                c -> c < factors.length ? convolved.mean(c) * factors[c] : convolved.mean(c));

        WeightRounding project = new WeightRounding(block.project());
        QuantizationParams sum = inStream(keys.get(2), x.zeroPoint(), project.largest() * activated.scale());
        put(keys.get(2), project, new float[block.channels()], activated, Optional.of(sum), Optional.empty(), hidden::mean);
        stream = sum;
        read = seen.of(keys.get(2));
    }

    private void pointwise(Pointwise pointwise, String key, boolean last) {
        WeightRounding rounding = new WeightRounding(pointwise.weights());
        Observed inputs = read;
        if (pointwise.activation().isPresent()) {
            stream = activation(pointwise.activation().get(), key, rounding, pointwise.bias(), stream, inputs::mean);
        } else {
            Optional<QuantizationParams> sum = last ? Optional.empty()
                    : Optional.of(affine(seen.of(key), 2 * rounding.largest() * stream.scale()));
            put(key, rounding, pointwise.bias(), stream, sum, Optional.empty(), inputs::mean);
            stream = sum.orElse(stream);
        }
        read = seen.of(key);
    }

    /** Returns what is stored behind it. */
    private QuantizationParams activation(
            Activation activation, String key, WeightRounding rounding, float[] bias, QuantizationParams from, Means means) {
        double least = 2 * rounding.largest() * from.scale();
        if (activation == Activation.RELU) {
            QuantizationParams sum = affine(seen.of(key), least);
            put(key, rounding, bias, from, Optional.of(sum), Optional.empty(), means);
            return sum;
        }
        Range range = method.range(seen.of(key + Calibration.SUM).histogram(), activation::of);
        QuantizationParams sum = affine(range, least);
        QuantizationParams activated = affine(seen.of(key));
        put(key, rounding, bias, from, Optional.of(sum), Optional.of(activated), means);
        return activated;
    }

    private QuantizationParams inStream(String key, int zero, double step) {
        return new QuantizationParams((float) Math.max(step(ranges.get(key), zero), Math.max(2 * step, Float.MIN_NORMAL)), zero);
    }

    private QuantizationParams affine(Observed observed) {
        return affine(observed, 0);
    }

    private QuantizationParams affine(Observed observed, double leastScale) {
        return affine(method.range(observed.histogram(), DoubleUnaryOperator.identity()), leastScale);
    }

    private static QuantizationParams affine(Range range, double leastScale) {
        double scale = Math.max(range.width() / QuantizationParams.MAX, Math.max(leastScale, Float.MIN_NORMAL));
        return new QuantizationParams((float) scale, (int) Math.min(Math.rint(-range.low() / scale), QuantizationParams.MAX));
    }

    /** What a matrix reads on average, by channel. */
    private interface Means {
        double of(int channel);
    }

    private void put(String key, WeightRounding rounding, float[] bias, QuantizationParams from, Optional<QuantizationParams> sum,
            Optional<QuantizationParams> activated, Means means) {
        float[] scales = new float[bias.length];
        for (int o = 0; o < scales.length; o++) {
            scales[o] = MatrixScales.scale(rounding.scale(o), bias[o], from, sum);
        }
        stored.put(key, rounding.rounded(scales));
        matrices.put(key, new MatrixScales(scales, rounding.correction(scales, means::of), sum, activated));
    }
}
