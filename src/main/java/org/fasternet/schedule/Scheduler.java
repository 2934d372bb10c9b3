package org.fasternet.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.compute.ElementType;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Conv;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.schedule.TensorBuffer.Place;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * Turns layers into steps with in-place slicing: a block saves the slice that its 3x3 convolution overwrites instead of cloning
 * the tensor, so copies touch C / n_div channels.
 */
public final class Scheduler {
    private final ProgramSpec spec;
    private final boolean taps;
    private final List<TensorBuffer> buffers = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private TensorBuffer current;
    private boolean last;
    /** In 8 bits: the scales, what is stored in {@link #current}, and of the layer at hand its scales and how many it has used. */
    private final Optional<Quantization> quantization;
    private QuantizationParams stored;
    private NamedLayer layer;
    private Quantization.Scales scales;
    private int matrices;

    private Scheduler(ProgramSpec spec) {
        this.spec = spec;
        this.taps = spec.layers().stream().anyMatch(l -> l.layer() instanceof FeatureTap);
        this.quantization = !spec.precision().needsScales() ? Optional.empty()
                : spec.srcType() == ElementType.U8 ? spec.network().quantizationForPixels() : spec.network().quantization();
    }

    /**
     * @throws ShapeException if a layer does not fit what the one before it makes, or cannot work in place
     */
    public static Schedule schedule(ProgramSpec spec) {
        return new Scheduler(spec).run();
    }

    private Schedule run() {
        current = buffer("src", Place.SRC, spec.src(), spec.srcType(), spec.srcLayout());
        quantization.ifPresent(scales -> stored = scales.src());
        if (current.type() != spec.computeType() || !current.dense()) {
            TensorBuffer imported = arena("image", spec.src());
            copy("src", current.all(), imported.all());
            current = imported;
        }
        for (int i = 0; i < spec.layers().size(); i++) {
            last = i == spec.layers().size() - 1;
            layer = spec.layers().get(i);
            if (quantization.isPresent()) {
                scales = quantization.get().layers().get(i);
                matrices = 0;
            }
            add(layer);
            stored = quantization.isPresent() ? scales.dst().orElse(stored) : null;
        }
        if (!taps && !spec.inPlace() && current.place() != Place.DST) {
            TensorBuffer result = current;
            copy("dst", result.all(), dst("dst", result.shape(), Layout.nhwc(result.shape()), spec.dstType()).all());
        }
        return new Schedule(buffers, steps);
    }

    private void add(NamedLayer named) {
        Shape dst = named.layer().dst(current.shape());
        String name = named.name();
        if (named.layer() instanceof PatchConv conv) {
            conv(name, current.all(), next(dst), conv.weights(), Optional.of(conv.bias()), conv.size(), 0, Optional.empty());
        } else if (named.layer() instanceof Conv conv) {
            View src = current.all();
            add(name, src, next(dst), conv.weights(), Optional.of(conv.bias()), 1, conv.size() / 2, conv.groups(),
                    Optional.empty(), false);
        } else if (named.layer() instanceof Block block) {
            block(name, block);
        } else if (named.layer() instanceof PartialConv partial) {
            makeWritable(name);
            putPartial(name, partial, current);
        } else if (named.layer() instanceof Pointwise pointwise) {
            pointwise(name, pointwise, dst);
        } else if (named.layer() instanceof Pool) {
            mean(name, dst);
        } else if (named.layer() instanceof FeatureTap tap) {
            ElementType type = quantization.isPresent() ? ElementType.F32 : spec.computeType();
            View scaled = arena(name, dst, type).all();
            steps.add(new Step.Affine(name, inFloatingPoint(name), scaled, tap.scale(), tap.shift()));
            copy(name + " dst", scaled, dst(name, dst, Layout.nchw(dst), ElementType.F32).all());
        }
    }

    /**
     * save, pconv, put, expand, restore, project: the slice is written twice and read once more than an out-of-place block would.
     */
    private void block(String name, Block block) {
        makeWritable(name);
        TensorBuffer x = current;
        View slice = x.slice(block.partial().partialChannels());
        View saved = putPartial(name, block.partial(), x);
        View hidden = arena(name + ".hidden", x.shape().withChannels(block.hiddenChannels())).all();
        conv(name + " expand", x.all(), hidden, kernel1x1(block.expand()), Optional.of(block.bias()), 1, 0,
                Optional.of(block.activation()));
        copy(name + " restore", saved, slice);
        add(name + " project", hidden, x.all(), kernel1x1(block.project()), Optional.empty(), 1, 0, 1, Optional.empty(), true);
    }

    /**
     * Replaces the slice by its 3x3 convolution, through dense buffers: a convolution on a strided slice gets oneDNN's reference
     * implementation, some 200 times slower. Returns where the slice was saved.
     */
    private View putPartial(String name, PartialConv partial, TensorBuffer x) {
        View slice = x.slice(partial.partialChannels());
        View saved = arena(name + ".x1", slice.shape()).all();
        View convolved = arena(name + ".y1", slice.shape()).all();
        copy(name + " save", slice, saved);
        conv(name + " pconv", saved, convolved, partial.weights(), Optional.empty(), 1, 1, Optional.empty());
        copy(name + " put", convolved, slice);
        return saved;
    }

    private void pointwise(String name, Pointwise layer, Shape dst) {
        if (layer.residual() && !(last && !spec.inPlace())) {
            throw new ShapeException(
                    name + ": a pointwise convolution that adds to its destination must be a chain's last layer, out of place");
        }
        View src = current.all();
        add(name, src, next(dst), kernel1x1(layer.weights()), Optional.of(layer.bias()), 1, 0, 1, layer.activation(),
                layer.residual());
    }

    /** In 8 bits by way of f32: the sum of many of them has more. */
    private void mean(String name, Shape dst) {
        View src = inFloatingPoint(name);
        if (quantization.isEmpty()) {
            steps.add(new Step.Mean(name, src, next(dst)));
            return;
        }
        View mean = arena(name + ".mean", dst, ElementType.F32).all();
        steps.add(new Step.Mean(name, src, mean));
        stored = scales.dst().orElseThrow();
        copy(name + " store", mean, next(dst));
    }

    /** The current buffer, if need be as f32. */
    private View inFloatingPoint(String name) {
        if (quantization.isEmpty()) {
            return current.all();
        }
        View converted = arena(name + ".f32", current.shape(), ElementType.F32).all();
        copy(name + " load", current.all(), converted);
        return converted;
    }

    /** Sees to it that the current buffer may be written to: the caller's source may not, unless it asked to work in place. */
    private void makeWritable(String name) {
        if (current.place() == Place.SRC && !spec.inPlace()) {
            View src = current.all();
            copy(name + " src", src, next(src.shape()));
        }
    }

    /** Makes the buffer for the next value current: the caller's destination if nothing comes after it. */
    private View next(Shape shape) {
        if (spec.inPlace()) {
            throw new ShapeException("only a block or a partial convolution can work in place");
        }
        // What is stored in 8 bits and wanted in f32 is converted at the end.
        boolean stays = quantization.isEmpty() || scales.dst().isEmpty() || spec.dstType() == spec.computeType();
        current = last && !taps && stays
                ? dst("dst", shape, Layout.nhwc(shape), spec.dstType())
                : arena("x" + buffers.size(), shape);
        return current.all();
    }

    private void conv(String label, View src, View dst, Tensor weights, Optional<float[]> bias, int stride, int padding,
            Optional<Activation> activation) {
        add(label, src, dst, weights, bias, stride, padding, 1, activation, false);
    }

    private void add(String label, View src, View dst, Tensor weights, Optional<float[]> bias, int stride, int padding, int groups,
            Optional<Activation> activation, boolean accumulate) {
        Step.Conv conv = new Step.Conv(label, src, dst, weights, bias, stride, padding, groups, activation, accumulate,
                (long) dst.shape().pixels() * weights.elements());
        steps.add(quantization.isPresent() ? new Step.Int8Conv(conv, layer, stored, scales, matrices++) : conv);
    }

    private void copy(String label, View src, View dst) {
        boolean converts = quantization.isPresent() && src.buffer().type() != dst.buffer().type();
        steps.add(converts ? new Step.Convert(label, src, dst, stored) : new Step.Copy(label, src, dst));
    }

    private static Tensor kernel1x1(Tensor weights) {
        return weights.withShape(weights.dim(0), weights.dim(1), 1, 1);
    }

    private TensorBuffer arena(String name, Shape shape) {
        return arena(name, shape, spec.computeType());
    }

    private TensorBuffer arena(String name, Shape shape, ElementType type) {
        return buffer(name, Place.ARENA, shape, type, Layout.nhwc(shape));
    }

    private TensorBuffer dst(String name, Shape shape, Layout layout, ElementType type) {
        return buffer(name, Place.DST, shape, type, layout);
    }

    private TensorBuffer buffer(String name, Place place, Shape shape, ElementType type, Layout layout) {
        TensorBuffer buffer = new TensorBuffer(buffers.size(), name, place, shape, type, layout);
        buffers.add(buffer);
        return buffer;
    }
}
