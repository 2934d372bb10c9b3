package org.fasternet.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fasternet.compute.ElementType;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Conv;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.schedule.TensorBuffer.Place;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * Turns layers into steps for a device whose convolutions read and write channel slices: a block then needs no copy at
 * all. Each pixel's row holds {@code [ y1 (P) | x2 (C - P) | x1 (P) ]}: the 3x3 convolution reads x1 and writes y1,
 * expand reads the first C of the row, and project adds to the last C of it, {@code [x2 | x1]}, in place. Whatever
 * reads such a value next has its weights' inputs in that order. Parts are padded to whole vectors; padding holds
 * zeros, because the weights that write it are zero.
 */
public final class SlidingRowScheduler {
    private final ProgramSpec spec;
    private final int granule;
    private final boolean taps;
    private final List<TensorBuffer> buffers = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final TensorBuffer src;
    private Value current;
    private int index;

    /** A layer's value: where it lies, in which order, and the row it is the end of, if it is. */
    private record Value(View view, ChannelOrder order, Optional<Row> row) {}

    /** One buffer of rows, P of its C channels convolved. */
    private record Row(TensorBuffer buffer, int partial, int channels, int granule) {
        private ChannelOrder x1() {
            return ChannelOrder.range(0, partial, granule);
        }

        private ChannelOrder x2() {
            return ChannelOrder.range(partial, channels, granule);
        }

        View convolved() {
            return new View(buffer, 0, x1().places());
        }

        View touched() {
            return new View(buffer, x1().places() + x2().places(), x1().places());
        }

        /** y1 and x2. */
        Value mixed() {
            ChannelOrder order = x1().then(x2());
            return new Value(new View(buffer, 0, order.places()), order, Optional.empty());
        }

        /** x2 and x1: the block's source and result. */
        Value whole() {
            ChannelOrder order = x2().then(x1());
            return new Value(new View(buffer, x1().places(), order.places()), order, Optional.of(this));
        }
    }

    private SlidingRowScheduler(ProgramSpec spec, int granule) {
        this.spec = spec;
        this.granule = granule;
        this.taps = spec.layers().stream().anyMatch(l -> l.layer() instanceof FeatureTap);
        this.src = buffer("src", Place.SRC, spec.src(), spec.srcType(), spec.srcLayout());
    }

    /**
     * @param granule channels are padded to multiples of this
     * @throws ShapeException if a layer does not fit what the one before it makes, or cannot work in place
     */
    public static Schedule schedule(ProgramSpec spec, int granule) {
        return new SlidingRowScheduler(spec, granule).run();
    }

    private Schedule run() {
        current = new Value(src.all(), ChannelOrder.natural(spec.src().c(), 1), Optional.empty());
        for (index = 0; index < spec.layers().size(); index++) {
            add(spec.layers().get(index));
        }
        if (spec.inPlace()) {
            copy("dst", current, src.slice(written()), ChannelOrder.natural(written(), 1));
        } else if (!taps && current.view().buffer().place() != Place.DST) {
            Shape shape = current.view().shape().withChannels(channels(current.order()));
            TensorBuffer dst = dst("dst", shape, Layout.nhwc(shape), spec.dstType());
            copy("dst", current, dst.all(), ChannelOrder.natural(shape.c(), 1));
        }
        return new Schedule(buffers, steps);
    }

    /** The channels that a kernel in place changes. */
    private int written() {
        Layer only = spec.layers().get(0).layer();
        return only instanceof PartialConv partial ? partial.partialChannels() : src.shape().c();
    }

    private void add(NamedLayer named) {
        Layer layer = named.layer();
        String name = named.name();
        Shape shape = layer.dst(logicalShape());
        if (spec.inPlace() && !(layer instanceof Block || layer instanceof PartialConv)) {
            throw new ShapeException("only a block or a partial convolution can work in place");
        }
        if (layer instanceof PatchConv conv) {
            patches(name, conv, shape);
        } else if (layer instanceof Conv conv) {
            makeNatural(name);
            Value dst = new Value(arena(name, shape).all(), ChannelOrder.natural(shape.c(), 1), Optional.empty());
            conv(name, current.view(), dst.view(), conv.weights(), Optional.of(conv.bias()), 1, conv.size() / 2, conv.groups(),
                    Optional.empty(), false, conv.multiplyAdds(shape));
            current = dst;
        } else if (layer instanceof Block block) {
            block(name, block);
        } else if (layer instanceof PartialConv partial) {
            Row row = row(name, partial, !spec.inPlace());
            convolve(name, partial, row);
            current = row.mixed();
        } else if (layer instanceof Pointwise pointwise) {
            pointwise(name, pointwise, shape);
        } else if (layer instanceof Pool) {
            makePadded(name);
            View dst = arena(name, shape.withChannels(current.order().places())).all();
            steps.add(new Step.Mean(name, current.view(), dst));
            current = new Value(dst, current.order(), Optional.empty());
        } else if (layer instanceof FeatureTap tap) {
            tap(name, tap, shape);
        }
    }

    /** pconv, expand, project. */
    private void block(String name, Block block) {
        Row row = row(name, block.partial(), true);
        convolve(name, block.partial(), row);
        Value mixed = row.mixed();
        Value whole = row.whole();
        ChannelOrder inner = ChannelOrder.natural(block.hiddenChannels(), granule);
        View hidden = arena(name + ".hidden", mixed.view().shape().withChannels(inner.places())).all();
        long pixels = hidden.shape().pixels();
        conv(name + " expand", mixed.view(), hidden, ChannelOrder.arrange(kernel1x1(block.expand()), inner, mixed.order()),
                Optional.of(inner.arrange(block.bias())), 1, 0, 1, Optional.of(block.activation()), false,
                pixels * block.expand().elements());
        conv(name + " project", hidden, whole.view(), ChannelOrder.arrange(kernel1x1(block.project()), whole.order(), inner),
                Optional.empty(), 1, 0, 1, Optional.empty(), true, pixels * block.project().elements());
        current = whole;
    }

    private void convolve(String name, PartialConv partial, Row row) {
        conv(name + " pconv", row.touched(), row.convolved(),
                ChannelOrder.arrange(partial.weights(), row.x1(), row.x1()), Optional.empty(), 1, 1, 1, Optional.empty(), false,
                partial.multiplyAdds(logicalShape()));
    }

    /** The row that holds the current value, which is copied into one unless it lies in one; {@code untouched} channels too. */
    private Row row(String name, PartialConv partial, boolean untouched) {
        Optional<Row> here = current.row().filter(row -> row.partial() == partial.partialChannels());
        if (here.isPresent()) {
            return here.get();
        }
        Row row = newRow(name, logicalShape(), partial.partialChannels());
        if (untouched) {
            copy(name + " src", current, row.whole().view(), row.whole().order());
        } else {
            copy(name + " src", current, row.touched(), row.x1());
        }
        return row;
    }

    private void patches(String name, PatchConv conv, Shape shape) {
        int size = conv.size();
        Value dst = next(name, shape);
        Tensor weights = conv.weights();
        Optional<float[]> bias = Optional.of(dst.order().arrange(conv.bias()));
        long multiplyAdds = (long) shape.pixels() * weights.elements();
        if (current.view().buffer().place() == Place.SRC) {
            int values = weights.dim(1) * size * size;
            ChannelOrder order = ChannelOrder.natural(values, granule);
            View patches = arena(name + ".patches", shape.withChannels(order.places())).all();
            steps.add(new Step.Patches(name + " patches", current.view(), patches, size));
            Tensor flat = weights.withShape(weights.dim(0), values, 1, 1);
            conv(name, patches, dst.view(), ChannelOrder.arrange(flat, dst.order(), order), bias, 1, 0, 1, Optional.empty(), false,
                    multiplyAdds);
        } else {
            conv(name, current.view(), dst.view(), ChannelOrder.arrange(weights, dst.order(), current.order()), bias, size, 0, 1,
                    Optional.empty(), false, multiplyAdds);
        }
        current = dst;
    }

    private void pointwise(String name, Pointwise layer, Shape shape) {
        boolean last = index == spec.layers().size() - 1;
        if (layer.residual() && !last) {
            throw new ShapeException(
                    name + ": a pointwise convolution that adds to its destination must be a chain's last layer, out of place");
        }
        makePadded(name);
        Value dst = next(name, shape);
        Optional<TensorBuffer> added = Optional.empty();
        if (layer.residual()) {
            added = Optional.of(dst("dst", shape, Layout.nhwc(shape), spec.dstType()));
            Value held = new Value(added.get().all(), ChannelOrder.natural(shape.c(), 1), Optional.empty());
            copy(name + " dst", held, dst.view(), dst.order());
        }
        conv(name, current.view(), dst.view(), ChannelOrder.arrange(kernel1x1(layer.weights()), dst.order(), current.order()),
                Optional.of(dst.order().arrange(layer.bias())), 1, 0, 1, layer.activation(), layer.residual(),
                (long) shape.pixels() * layer.weights().elements());
        current = dst;
        if (added.isPresent()) {
            copy("dst", current, added.get().all(), ChannelOrder.natural(shape.c(), 1));
            current = new Value(added.get().all(), ChannelOrder.natural(shape.c(), 1), Optional.empty());
        }
    }

    private void tap(String name, FeatureTap tap, Shape shape) {
        TensorBuffer dst = dst(name, shape, Layout.nchw(shape), ElementType.F32);
        for (Run run : runs(current.order(), ChannelOrder.natural(shape.c(), 1))) {
            int end = run.dst() + run.count();
            steps.add(new Step.Affine(name, part(current.view(), run.src(), run.count()), part(dst.all(), run.dst(), run.count()),
                    Arrays.copyOfRange(tap.scale(), run.dst(), end), Arrays.copyOfRange(tap.shift(), run.dst(), end)));
        }
    }

    /** Where the value of the current layer goes: into a row if the next layer convolves part of it. */
    private Value next(String name, Shape shape) {
        if (index + 1 < spec.layers().size()) {
            Layer following = spec.layers().get(index + 1).layer();
            PartialConv partial = following instanceof Block block ? block.partial()
                    : following instanceof PartialConv convolution ? convolution : null;
            if (partial != null) {
                return newRow(name, shape, partial.partialChannels()).whole();
            }
        }
        ChannelOrder order = ChannelOrder.natural(shape.c(), granule);
        return new Value(arena(name, shape.withChannels(order.places())).all(), order, Optional.empty());
    }

    private Row newRow(String name, Shape shape, int partial) {
        int part = ChannelOrder.padded(partial, granule);
        int channels = 2 * part + ChannelOrder.padded(shape.c() - partial, granule);
        return new Row(arena(name, shape.withChannels(channels)), partial, shape.c(), granule);
    }

    /** Sees to it that the current value lies in memory of the program's own, padded. */
    private void makePadded(String name) {
        if (current.view().buffer().external()) {
            moveTo(name, ChannelOrder.natural(channels(current.order()), granule));
        }
    }

    /** Sees to it that the current value is dense and in natural order: groups cannot be padded. */
    private void makeNatural(String name) {
        ChannelOrder natural = ChannelOrder.natural(channels(current.order()), 1);
        boolean fits = current.view().whole() && current.view().buffer().dense()
                && current.view().buffer().type() == spec.computeType()
                && Arrays.equals(current.order().channels(), natural.channels());
        if (!fits || current.view().buffer().external()) {
            moveTo(name, natural);
        }
    }

    private void moveTo(String name, ChannelOrder order) {
        View dst = arena(name + ".src", current.view().shape().withChannels(order.places())).all();
        copy(name + " src", current, dst, order);
        current = new Value(dst, order, Optional.empty());
    }

    /** Channels beside each other on both sides, and padding behind them in the destination. */
    private record Run(int src, int dst, int count, int padding) {}

    private void copy(String label, Value from, View dst, ChannelOrder order) {
        for (Run run : runs(from.order(), order)) {
            steps.add(new Step.Copy(label, part(from.view(), run.src(), run.count()),
                    part(dst, run.dst(), run.count() + run.padding())));
        }
    }

    private static List<Run> runs(ChannelOrder src, ChannelOrder dst) {
        List<Run> runs = new ArrayList<>();
        int[] wanted = dst.channels();
        for (int i = 0; i < wanted.length;) {
            int start = i;
            int place = src.place(wanted[i]);
            while (i < wanted.length && wanted[i] != ChannelOrder.PADDING && wanted[i] == wanted[start] + i - start
                    && src.place(wanted[i]) == place + i - start) {
                i++;
            }
            int count = i - start;
            while (i < wanted.length && wanted[i] == ChannelOrder.PADDING) {
                i++;
            }
            runs.add(new Run(place, start, count, i - start - count));
        }
        return runs;
    }

    private static View part(View view, int first, int count) {
        return new View(view.buffer(), view.first() + first, count);
    }

    private Shape logicalShape() {
        return current.view().shape().withChannels(channels(current.order()));
    }

    private static int channels(ChannelOrder order) {
        return (int) IntStream.of(order.channels()).filter(channel -> channel != ChannelOrder.PADDING).count();
    }

    private void conv(String label, View from, View to, Tensor weights, Optional<float[]> bias, int stride, int padding, int groups,
            Optional<Activation> activation, boolean accumulate, long multiplyAdds) {
        steps.add(new Step.Conv(label, from, to, weights, bias, stride, padding, groups, activation, accumulate, multiplyAdds));
    }

    private static Tensor kernel1x1(Tensor weights) {
        return weights.withShape(weights.dim(0), weights.dim(1), 1, 1);
    }

    private TensorBuffer arena(String name, Shape shape) {
        return buffer(name, Place.ARENA, shape, spec.computeType(), Layout.nhwc(shape));
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
