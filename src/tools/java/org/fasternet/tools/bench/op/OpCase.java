package org.fasternet.tools.bench.op;

import java.nio.Buffer;
import java.util.List;
import java.util.Optional;
import org.fasternet.DeviceBuffer;
import org.fasternet.Kernel;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.Quantization;

/**
 * An operator compiled and ready to be timed: its kernel, its buffers, what a run costs at least. Partial convolution and block
 * work in place, as they do in a network. For one thread at a time.
 */
public final class OpCase implements AutoCloseable {
    private final Resources resources;
    private final OperatorShape shape;
    private final OperatorCost cost;
    private final Kernel kernel;
    private final NativeTensor src;
    private final Optional<NativeTensor> dst;

    private OpCase(OperatorShape shape, SessionOptions options, long seed, Resources resources) {
        this.resources = resources;
        this.shape = shape;
        Layer layer = shape.layer(seed);
        boolean inPlace = layer instanceof PartialConv || layer instanceof Block;
        cost = OperatorCost.of(layer, shape.src(), options.precision());
        kernel = resources.add(compile(layer, inPlace, options), Kernel::close);
        src = resources.add(NativeTensor.random(shape.src(), options.precision().stored(), seed), NativeTensor::close);
        dst = inPlace
                ? Optional.empty()
                : Optional.of(resources.add(
                        NativeTensor.zeros(layer.dst(shape.src()), options.precision().stored()), NativeTensor::close));
    }

    private Kernel compile(Layer layer, boolean inPlace, SessionOptions options) {
        if (!options.precision().needsScales()) {
            return inPlace ? Kernel.compileInPlace(layer, shape.src(), options) : Kernel.compile(layer, shape.src(), options);
        }
        Quantization scales = BenchmarkScales.of(layer);
        return inPlace
                ? Kernel.compileInPlace(layer, scales, shape.src(), options)
                : Kernel.compile(List.of(new NamedLayer(shape.operator().id(), layer)), scales, shape.src(), options);
    }

    /**
     * Compiles an operator for random weights and a random source.
     *
     * @param options back end, precision and threads; batch, size and pixels must not be set
     * @param seed of all random numbers
     * @throws org.fasternet.error.ShapeException if the operator does not fit the source
     * @throws org.fasternet.error.UnsupportedException if the options cannot be met on this machine
     * @throws org.fasternet.error.NativeException if memory was refused
     */
    public static OpCase compile(OperatorShape shape, SessionOptions options, long seed) {
        Resources resources = new Resources();
        try {
            return new OpCase(shape, options, seed, resources);
        } catch (Throwable failure) {
            Resources.closeAfter(failure, resources);
            throw failure;
        }
    }

    public OperatorShape shape() {
        return shape;
    }

    public OperatorCost cost() {
        return cost;
    }

    /** What really runs. */
    public ExecutionPlan plan() {
        return kernel.plan();
    }

    /** One run, which is one native call from the second one on; any number of them keeps values within bounds. */
    public void run() {
        if (dst.isPresent()) {
            kernel.run(src.buffer(), dst.get().buffer());
        } else {
            kernel.run(src.buffer());
        }
    }

    /** As {@link #run} from and to memory of the GPU that computes, to which the source is copied now. */
    public Runnable onDevice(int device) {
        DeviceBuffer x = src.onDevice(resources, device);
        if (dst.isEmpty()) {
            return () -> kernel.run(x);
        }
        DeviceBuffer y = dst.get().onDevice(resources, device);
        return () -> kernel.run(x, y);
    }

    /** What the last run computed, {@link NativeTensor#buffer}. */
    Buffer result() {
        return dst.orElse(src).buffer();
    }

    /** Frees kernel and buffers; called once. */
    @Override
    public void close() {
        resources.close();
    }
}
