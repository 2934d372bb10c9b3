package org.fasternet.quantize;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.fasternet.FasterNet;
import org.fasternet.Kernel;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Shape;

/**
 * Runs a network in f32, and a quantized one made of it in 8 bits, on the same images, and compares their outputs and all that lies
 * between. For one thread at a time. Holds native memory until {@link #close}.
 */
public final class Evaluation implements AutoCloseable {
    private final Resources resources = new Resources();
    private final Shape shape;
    private final boolean classifies;
    private final QuantizationParams src;
    private final Session f32;
    private final Session int8;
    private final Kernel f32Layers;
    private final Kernel int8Layers;
    private final FloatBuffer pixels;
    private final ByteBuffer stored;
    private final FloatBuffer[] f32Outputs;
    private final FloatBuffer[] int8Outputs;
    private final FloatBuffer[] f32Maps;
    private final FloatBuffer[] int8Maps;
    private final List<String> names = new ArrayList<>();
    private final double[] signal;
    private final double[] noise;
    private final List<QuantizationReport.Outcome> outcomes = new ArrayList<>();

    /**
     * @param original in f32
     * @param quantized made of it, by {@link Quantizer}
     */
    public Evaluation(Checkpoint original, Checkpoint quantized) {
        FasterNet net = FasterNet.of(original);
        FasterNet small = FasterNet.of(quantized);
        Quantization scales = small.quantization().orElseThrow();
        SessionOptions options = SessionOptions.defaults();
        src = scales.src();
        classifies = net.config().numClasses() > 0 && !net.config().detection();
        try {
            f32 = resources.add(net.session(options), Session::close);
            int8 = resources.add(small.session(options.withPrecision(Precision.INT8)), Session::close);
            shape = f32.srcShape();
            f32Layers = resources.add(Kernel.compile(tapped(net.layers()), shape, options), Kernel::close);
            int8Layers = resources.add(Kernel.compile(tapped(small.layers()), tapped(small.layers(), scales), shape,
                    options.withPrecision(Precision.INT8)), Kernel::close);
        } catch (Throwable failure) {
            close();
            throw failure;
        }
        pixels = Buffers.floats(shape.elements());
        stored = Buffers.bytes(shape.elements());
        f32Outputs = Buffers.floats(f32.dstShapes());
        int8Outputs = Buffers.floats(int8.dstShapes());
        f32Maps = Buffers.floats(f32Layers.dstShapes());
        int8Maps = Buffers.floats(int8Layers.dstShapes());
        signal = new double[f32Maps.length];
        noise = new double[f32Maps.length];
    }

    /** All layers but the last, whose result is the output, and a tap behind each. */
    private List<NamedLayer> tapped(List<NamedLayer> layers) {
        names.clear();
        List<NamedLayer> tapped = new ArrayList<>();
        Shape read = shape;
        for (NamedLayer named : layers.subList(0, layers.size() - 1)) {
            if (named.layer() instanceof FeatureTap) {
                continue;
            }
            read = named.layer().dst(read);
            float[] ones = new float[read.c()];
            Arrays.fill(ones, 1);
            tapped.add(named);
            tapped.add(new NamedLayer(named.name(), new FeatureTap(ones, new float[read.c()])));
            names.add(named.name());
        }
        return tapped;
    }

    private static Quantization tapped(List<NamedLayer> layers, Quantization scales) {
        List<Quantization.Scales> tapped = new ArrayList<>();
        for (int i = 0; i < layers.size() - 1; i++) {
            if (!(layers.get(i).layer() instanceof FeatureTap)) {
                tapped.add(scales.layers().get(i));
                tapped.add(Quantization.Scales.passing());
            }
        }
        return new Quantization(scales.src(), tapped);
    }

    /**
     * Runs both networks.
     *
     * @param image normalised, 1 x C x H x W
     * @param truth the number of its true class, if that is known
     */
    public void add(FloatBuffer image, OptionalInt truth) {
        FloatBuffer values = image.slice();
        f32.run(values, f32Outputs);
        int8.run(values, int8Outputs);
        int count = shape.h() * shape.w();
        for (int c = 0; c < shape.c(); c++) {
            for (int i = 0; i < count; i++) {
                float value = values.get(c * count + i);
                pixels.put(i * shape.c() + c, value);
                stored.put(i * shape.c() + c, (byte) src.quantize(value));
            }
        }
        f32Layers.run(pixels, f32Maps);
        int8Layers.run(stored, int8Maps);
        for (int layer = 0; layer < signal.length; layer++) {
            addNoise(layer);
        }
        outcomes.add(outcome(truth));
    }

    private void addNoise(int layer) {
        for (int i = 0; i < f32Maps[layer].capacity(); i++) {
            double value = f32Maps[layer].get(i);
            double difference = value - int8Maps[layer].get(i);
            signal[layer] += value * value;
            noise[layer] += difference * difference;
        }
    }

    private QuantizationReport.Outcome outcome(OptionalInt truth) {
        double product = 0;
        double f32Square = 0;
        double int8Square = 0;
        for (int i = 0; i < f32Outputs.length; i++) {
            for (int k = 0; k < f32Outputs[i].capacity(); k++) {
                double a = f32Outputs[i].get(k);
                double b = int8Outputs[i].get(k);
                product += a * b;
                f32Square += a * a;
                int8Square += b * b;
            }
        }
        double cosine = f32Square == 0 && int8Square == 0 ? 1 : product / Math.sqrt(f32Square * int8Square);
        if (!classifies) {
            return new QuantizationReport.Outcome(cosine, Optional.empty(), Optional.empty(), Optional.empty());
        }
        int f32Best = best(f32Outputs[0]);
        int int8Best = best(int8Outputs[0]);
        Optional<Integer> known = truth.isPresent() ? Optional.of(truth.getAsInt()) : Optional.empty();
        return new QuantizationReport.Outcome(cosine, Optional.of(f32Best == int8Best), known.map(c -> c == f32Best),
                known.map(c -> c == int8Best));
    }

    private static int best(FloatBuffer logits) {
        int best = 0;
        for (int i = 1; i < logits.capacity(); i++) {
            best = logits.get(i) > logits.get(best) ? i : best;
        }
        return best;
    }

    /** On all images so far. */
    public QuantizationReport report() {
        List<QuantizationReport.LayerNoise> layers = new ArrayList<>();
        for (int i = 0; i < signal.length; i++) {
            layers.add(new QuantizationReport.LayerNoise(names.get(i), 10 * Math.log10(signal[i] / noise[i])));
        }
        return new QuantizationReport(outcomes, layers);
    }

    @Override
    public void close() {
        resources.close();
    }
}
