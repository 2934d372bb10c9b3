package org.fasternet;

import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.Objects;
import org.fasternet.backend.Backends;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;

/**
 * One layer compiled for one shape, to be run many times on the caller's own buffers: partial, pointwise and patch convolution,
 * the whole block, pooling, and the regular, grouped and depthwise convolutions that these are compared with.
 *
 * <p>Buffers are direct, dense and channels last (N x H x W x C): f32 in a {@link FloatBuffer}, or for a precision
 * of 16 bits the bit patterns in a {@link ShortBuffer}. What {@link Session} says of buffers, threads and ownership holds here
 * too.
 */
public final class Kernel implements AutoCloseable {
    private final Execution execution;

    private Kernel(Execution execution) {
        this.execution = execution;
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

    private static Kernel compile(Layer layer, Shape src, SessionOptions options, boolean inPlace) {
        Objects.requireNonNull(layer, "layer");
        if (options.batch() != 1 || options.size().isPresent() || options.pixels().isPresent()) {
            throw new ShapeException("a kernel takes its sizes from its source's shape " + src
                    + ": options must not set batch, size or pixels");
        }
        if (layer instanceof FeatureTap) {
            throw new ShapeException("a feature tap is part of a network, not a kernel");
        }
        ElementType type = options.precision().stored();
        NamedLayer named = new NamedLayer(layer.getClass().getSimpleName(), layer);
        Network network = Network.of(List.of(named));
        ProgramSpec spec = new ProgramSpec(
                network, src, type, Layout.nhwc(src), type, inPlace, options.precision(), options.isa(),
                options.resolvedThreads(), options.spinMicros());
        return new Kernel(new Execution(options.backendFor(network).compile(spec), "kernel"));
    }

    /** What really runs. */
    public ExecutionPlan plan() {
        return execution.program().plan();
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
     * Runs a kernel compiled in place.
     *
     * @param x holds the source before and the result after, from the buffer's position on
     * @throws ShapeException if the buffer is of the wrong type, too small, on the heap, read-only or in another byte order
     * @throws IllegalStateException if the kernel is closed or in use by another thread
     */
    public void run(Buffer x) {
        execution.run(x);
    }

    /** @throws IllegalStateException if another thread is running it */
    @Override
    public void close() {
        execution.close();
    }
}
