package org.fasternet;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;

/**
 * A network compiled for one shape, precision and thread count, with its own buffers.
 *
 * <p><b>Threads.</b> One thread at a time: a second one that comes in gets an {@link IllegalStateException}. A model serves any
 * number of sessions, so open one per thread.
 *
 * <p><b>Buffers</b> are the caller's: direct, in native byte order, read and written from their position on, which does not move.
 * Nothing is copied on the Java side. A run on the same buffer objects as the run before allocates nothing on the Java heap.
 * On Java 22 and newer, if the jar was built by such a Java, {@code run(MemorySegment src, MemorySegment... dsts)} does the same on
 * native memory segments.
 *
 * <p><b>Ownership.</b> Holds native memory until {@link #close}, which may be called more than once; a session that is lost
 * without it is freed only after the garbage collector has noticed, which native memory does not urge it to.
 */
public final class Session extends SegmentRuns implements AutoCloseable {
    private final boolean pixels;

    Session(Execution execution, boolean pixels) {
        super(execution);
        this.pixels = pixels;
    }

    /** The input's shape N x C x H x W; in memory NCHW for f32, N x H x W x C for 8-bit pixels. */
    public Shape srcShape() {
        return execution.program().src().shape();
    }

    /**
     * The outputs' shapes: one N x classes x 1 x 1 (N x features x 1 x 1 for a model without classes), or for a detection
     * backbone one feature map N x C x H x W, in NCHW order, per stage.
     */
    public List<Shape> dstShapes() {
        return execution.program().dsts().stream().map(TensorBuffer::shape).toList();
    }

    /**
     * What really runs; while the times of steps are taken, with those of the last run, zeros before the first one.
     *
     * @throws IllegalStateException while their times are taken, if the session is closed or in use by another thread
     */
    public ExecutionPlan plan() {
        return execution.plan();
    }

    /**
     * Whether runs take the times of their steps, from the next one on; at first they do not. A run then takes longer by two
     * readings of a clock per step and thread, which is less than 1 % of the smallest variant's; the back end {@code cudnn} has
     * events between its steps.
     *
     * @throws IllegalStateException if the session is closed or in use by another thread
     */
    public void profile(boolean on) {
        execution.profile(on);
    }

    /**
     * Runs a model with one output on normalised f32.
     *
     * @param src N x C x H x W values
     * @param dst receives the output; must not overlap {@code src}
     * @throws org.fasternet.error.ShapeException if a buffer is too small, on the heap, read-only (dst) or in another byte order
     * @throws IllegalStateException if the session is closed, reads pixels, or is in use by another thread
     */
    public void run(FloatBuffer src, FloatBuffer dst) {
        requirePixels(false);
        execution.run(src, dst);
    }

    /**
     * Runs a detection backbone on normalised f32.
     *
     * @param src N x C x H x W values
     * @param dsts receive one feature map each; they must overlap neither {@code src} nor each other
     * @throws org.fasternet.error.ShapeException as {@link #run(FloatBuffer, FloatBuffer)}, or if there are more or fewer
     *     buffers than feature maps
     * @throws IllegalStateException as {@link #run(FloatBuffer, FloatBuffer)}
     */
    public void run(FloatBuffer src, FloatBuffer[] dsts) {
        requirePixels(false);
        execution.run(src, dsts);
    }

    /**
     * Runs a model with one output on 8-bit rows, which the session was opened for with {@link SessionOptions#withPixels}.
     *
     * @param src N x H rows of W x C bytes, as far apart as the options say
     * @param dst receives the output; must not overlap {@code src}
     * @throws org.fasternet.error.ShapeException as {@link #run(FloatBuffer, FloatBuffer)}
     * @throws IllegalStateException if the session is closed, reads f32, or is in use by another thread
     */
    public void run(ByteBuffer src, FloatBuffer dst) {
        requirePixels(true);
        execution.run(src, dst);
    }

    /** Runs a detection backbone on 8-bit rows; otherwise like {@link #run(ByteBuffer, FloatBuffer)}. */
    public void run(ByteBuffer src, FloatBuffer[] dsts) {
        requirePixels(true);
        execution.run(src, dsts);
    }

    /**
     * Runs on device memory, without a copy to or from the host: in a session of the back end {@code cudnn}. The source is laid
     * out as for host memory, f32 or 8-bit rows; the destinations are f32.
     *
     * @throws org.fasternet.error.ShapeException if a buffer is too small, or buffers overlap
     * @throws org.fasternet.error.UnsupportedException if the session's back end computes on the CPU
     * @throws IllegalStateException if the session or a buffer is closed, or the session is in use by another thread
     */
    public void run(DeviceBuffer src, DeviceBuffer... dsts) {
        execution.run(src, dsts);
    }

    /**
     * Zeros in a direct buffer in native order, which this session reads and writes without a copy of its own: for the back end
     * {@code cudnn} pinned memory, which is scarce, for others ordinary memory. A view of it, such as
     * {@link ByteBuffer#asFloatBuffer}, is as good; other sessions take it too. It is freed when nothing refers to it any more, which
     * may be after the session is closed. (Of the application's own memory, what it registered with CUDA is as good.)
     *
     * @throws org.fasternet.error.NativeException if the system has not that much memory left
     * @throws org.fasternet.error.ShapeException if a buffer cannot have that many bytes
     * @throws IllegalStateException if the session is closed, or in use by another thread
     */
    public ByteBuffer allocate(long bytes) {
        return execution.allocate(bytes);
    }

    private void requirePixels(boolean given) {
        if (given != pixels) {
            throw new IllegalStateException(pixels
                    ? "this session was opened for 8-bit pixels: give it a ByteBuffer"
                    : "this session was opened for f32 input: give it a FloatBuffer, or open it with withPixels()");
        }
    }

    /** @throws IllegalStateException if another thread is running it */
    @Override
    public void close() {
        execution.close();
    }
}
