package org.fasternet;

import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.Objects;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.Quantization;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;

/**
 * One layer, or a chain of layers, compiled for one shape, to be run many times on the caller's own buffers by one native call:
 * partial, pointwise and patch convolution, the whole block, pooling, and the regular, grouped and depthwise convolutions that
 * these are compared with.
 *
 * <p>Buffers are direct, dense and channels last (N x H x W x C): f32 in a {@link FloatBuffer}, for a precision of 16 bits the bit
 * patterns in a {@link ShortBuffer}, in int8 what is stored in a {@link java.nio.ByteBuffer}. What {@link Session} says of buffers,
 * threads and ownership holds here too.
 */
public final class Kernel extends SegmentRuns implements AutoCloseable {

    private Kernel(Execution execution) {
        super(execution);
    }

    /**
     * Compiles {@code layer} for runs from a source to a destination.
     *
     * @param src shape of the source
     * @param options back end, precision, ISA, threads and spin; batch, size and pixels are the shape's business and must not be
     *     set
     * @throws ShapeException if the layer does not fit {@code src}
     * @throws org.fasternet.error.UnsupportedException if the options cannot be met on this machine
     */
    public static Kernel compile(Layer layer, Shape src, SessionOptions options) {
        return compile(layer, src, options, false);
    }

    /**
     * Compiles {@code layer}, a {@link org.fasternet.layer.PartialConv} or {@link org.fasternet.layer.Block}, for runs that
     * change their source; otherwise like {@link #compile(Layer, Shape, SessionOptions)}. A partial convolution then touches
     * nothing but the channels it convolves.
     */
    public static Kernel compileInPlace(Layer layer, Shape src, SessionOptions options) {
        return compile(layer, src, options, true);
    }

    /**
     * Compiles {@code layer} in {@link org.fasternet.compute.Precision#INT8}, otherwise as
     * {@link #compileInPlace(Layer, Shape, SessionOptions)}: the source is 8 bits in a {@link java.nio.ByteBuffer}.
     */
    public static Kernel compileInPlace(Layer layer, Quantization scales, Shape src, SessionOptions options) {
        return compile(network(layer).quantized(scales), src, options, true);
    }

    /**
     * Compiles a network of one's own: layers that follow each other, each named in plans and messages. A {@link FeatureTap}
     * makes what passes it an output, f32 and N x C x H x W; where there are some, they are the outputs, in their order, and the
     * last of them ends the chain.
     *
     * @param chain at least one layer
     * @param src shape of the source
     * @param options as for {@link #compile(Layer, Shape, SessionOptions)}
     * @throws ShapeException if a layer does not fit what the one before it makes: both are named; or follows the last feature tap
     * @throws org.fasternet.error.UnsupportedException if the options cannot be met on this machine, or the back end asked for
     *     cannot compute the chain
     */
    public static Kernel compile(List<NamedLayer> chain, Shape src, SessionOptions options) {
        requireChain(chain, src);
        return compile(Network.of(chain), src, options, false);
    }

    /**
     * Compiles a chain in {@link org.fasternet.compute.Precision#INT8}, which the options must say: the source, and the result
     * unless the last layer's is f32, are 8 bits in a {@link java.nio.ByteBuffer}, as the scales say; feature maps are f32.
     *
     * @param scales of the source and of every layer
     * @throws ShapeException as {@link #compile(List, Shape, SessionOptions)}, or if the scales do not fit the layers or each other
     * @throws org.fasternet.error.UnsupportedException as there
     */
    public static Kernel compile(List<NamedLayer> chain, Quantization scales, Shape src, SessionOptions options) {
        requireChain(chain, src);
        return compile(Network.of(chain).quantized(scales), src, options, false);
    }

    private static void requireChain(List<NamedLayer> chain, Shape src) {
        if (chain.isEmpty()) {
            throw new ShapeException("a chain without layers: at least one is needed");
        }
        Shape shape = src;
        String before = "the source";
        for (NamedLayer named : chain) {
            try {
                shape = named.layer().dst(shape);
            } catch (ShapeException e) {
                throw new ShapeException(named.name() + " after " + before + ": " + e.getMessage());
            }
            before = named.name();
        }
        boolean taps = chain.stream().anyMatch(named -> named.layer() instanceof FeatureTap);
        if (taps && !(chain.get(chain.size() - 1).layer() instanceof FeatureTap)) {
            throw new ShapeException(before + ": follows the last feature tap, so that nobody gets its result: end the chain with a"
                    + " tap");
        }
    }

    private static Kernel compile(Layer layer, Shape src, SessionOptions options, boolean inPlace) {
        return compile(network(layer), src, options, inPlace);
    }

    private static Network network(Layer layer) {
        Objects.requireNonNull(layer, "layer");
        if (layer instanceof FeatureTap) {
            throw new ShapeException("a feature tap is part of a network, not a kernel");
        }
        return Network.of(List.of(new NamedLayer(layer.getClass().getSimpleName(), layer)));
    }

    private static Kernel compile(Network network, Shape src, SessionOptions options, boolean inPlace) {
        if (options.batch() != 1 || options.size().isPresent() || options.pixels().isPresent()) {
            throw new ShapeException("a kernel takes its sizes from its source's shape " + src
                    + ": options must not set batch, size or pixels");
        }
        ElementType type = options.precision().stored();
        // In 8 bits, a last layer without a scale of its own gives what it has summed up.
        boolean f32 = network.quantization().filter(scales -> options.precision().needsScales())
                .map(scales -> scales.layers().get(scales.layers().size() - 1).dst().isEmpty()).orElse(false);
        ProgramSpec spec = new ProgramSpec(
                network, src, type, Layout.nhwc(src), f32 ? ElementType.F32 : type, inPlace, options.precision(), options.isa(),
                options.resolvedThreads(), options.spinMicros(), options.device().orElse(0), options.tuning());
        return new Kernel(Execution.compile(options.backendFor(network), spec, "kernel"));
    }

    /** The outputs' shapes: one, or one for each feature tap; none in place. */
    public List<Shape> dstShapes() {
        return execution.program().dsts().stream().map(TensorBuffer::shape).toList();
    }

    /**
     * What really runs; while the times of steps are taken, with those of the last run, zeros before the first one.
     *
     * @throws IllegalStateException while their times are taken, if the kernel is closed or in use by another thread
     */
    public ExecutionPlan plan() {
        return execution.plan();
    }

    /**
     * Whether runs take the times of their steps, from the next one on; at first they do not. A run then takes longer by two
     * readings of a clock per step and thread, which is less than 1 % of the smallest variant's; the back end {@code cudnn} has
     * events between its steps.
     *
     * @throws IllegalStateException if the kernel is closed or in use by another thread
     */
    public void profile(boolean on) {
        execution.profile(on);
    }

    /**
     * Runs a kernel compiled out of place.
     *
     * @param src the source, elements from the buffer's position on
     * @param dst receives the result, or for a layer with a residual is added to; must not overlap {@code src}
     * @throws ShapeException if a buffer is of the wrong type, too small, on the heap, read-only (dst) or in another byte order
     * @throws IllegalStateException if the kernel is closed or in use by another thread
     */
    public void run(Buffer src, Buffer dst) {
        execution.run(src, dst);
    }

    /**
     * Runs a chain with feature taps.
     *
     * @param src as for {@link #run(Buffer, Buffer)}
     * @param dsts receive a feature map each; they must overlap neither {@code src} nor each other
     * @throws ShapeException as {@link #run(Buffer, Buffer)}, or if there are more or fewer buffers than feature taps
     * @throws IllegalStateException as {@link #run(Buffer, Buffer)}
     */
    public void run(Buffer src, Buffer[] dsts) {
        execution.run(src, dsts);
    }

    /**
     * Runs a kernel compiled in place.
     *
     * @param x holds the source before and the result after, from the buffer's position on
     * @throws ShapeException if the buffer is of the wrong type, too small, on the heap, read-only or in another byte order
     * @throws IllegalStateException if the kernel is closed or in use by another thread
     */
    public void run(Buffer x) {
        execution.run(x);
    }

    /**
     * Runs on device memory, without a copy to or from the host: a kernel of the back end {@code cudnn}. Elements are laid out as in
     * host memory.
     *
     * @param src the source; of a kernel compiled in place, the result too
     * @param dsts as many as the kernel has outputs, none in place
     * @throws ShapeException if a buffer is too small, there are more or fewer than outputs, or they overlap
     * @throws org.fasternet.error.UnsupportedException if the kernel's back end computes on the CPU
     * @throws IllegalStateException if the kernel or a buffer is closed, or the kernel is in use by another thread
     */
    public void run(DeviceBuffer src, DeviceBuffer... dsts) {
        execution.run(src, dsts);
    }

    /** @throws IllegalStateException if another thread is running it */
    @Override
    public void close() {
        execution.close();
    }
}
