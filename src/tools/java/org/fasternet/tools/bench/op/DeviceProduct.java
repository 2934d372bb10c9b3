package org.fasternet.tools.bench.op;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.DeviceBuffer;
import org.fasternet.DevicePeaks;
import org.fasternet.Kernel;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.peak.Rates;

/**
 * A large product of matrices on a GPU, measured: what its matrix units reach at most through the fastest kernel that can be had. It
 * is a 1x1 convolution, as which alone cuDNN's engines are asked for products here, by the plan that is the fastest on the device.
 *
 * @param side rows of the second matrix and columns of both; the first one has four times as many rows; a multiple of {@link #UNIT}
 * @param seed of the values, which are random: a GPU's clock depends on the power that its multipliers take, and zeros take little
 */
public record DeviceProduct(int side, long seed) {
    public static final String BACKEND = "cudnn";
    /** In whole vectors of every type, and a whole number of rows of an image. */
    public static final int UNIT = 64;
    private static final int ROWS = 4;

    /**
     * @param operations per second of each round: a multiply-add is two
     * @param implementation of the plan's one step that multiplies
     */
    public record Product(Rates operations, String implementation) {}

    /**
     * @param peaks which device, how many rounds, and how long they are
     * @throws org.fasternet.error.FasterNetException if the device or its cuDNN cannot multiply in this precision
     */
    public Product measure(Precision precision, DevicePeaks peaks) {
        Shape src = new Shape(1, side, side / UNIT, ROWS * UNIT);
        SessionOptions options = SessionOptions.defaults().withBackend(BACKEND).withDevice(peaks.device()).withPrecision(precision)
                .withTuning();
        try (Resources resources = new Resources()) {
            Kernel kernel = resources.add(Kernel.compile(layer(), src, options), Kernel::close);
            kernel.profile(true);
            DeviceBuffer from = buffer(resources, src, precision.stored(), peaks.device());
            DeviceBuffer[] to = {buffer(resources, src, precision.stored(), peaks.device())};
            long nanos = peaks.round().toNanos();
            round(kernel, from, to, nanos);
            List<Double> rates = new ArrayList<>();
            for (int i = 0; i < peaks.rounds(); i++) {
                rates.add(round(kernel, from, to, nanos));
            }
            return new Product(new Rates(rates), multiplying(kernel.plan()).implementation());
        }
    }

    /** As many runs as fill a round, by the device's clock. */
    private static double round(Kernel kernel, DeviceBuffer from, DeviceBuffer[] to, long nanos) {
        long taken = 0;
        double operations = 0;
        while (taken < nanos) {
            kernel.run(from, to);
            ExecutionPlan.Step step = multiplying(kernel.plan());
            taken += step.time().orElseThrow().nanos();
            operations += 2.0 * step.multiplyAdds();
        }
        return operations / (taken * 1e-9);
    }

    private static ExecutionPlan.Step multiplying(ExecutionPlan plan) {
        return plan.steps().stream().filter(step -> step.multiplyAdds() > 0).findFirst().orElseThrow();
    }

    private Pointwise layer() {
        float[] weights = new float[side * side];
        Buffers.random(new Shape(1, side, side, 1), seed).get(weights);
        return Pointwise.of(side, side, weights);
    }

    private DeviceBuffer buffer(Resources resources, Shape shape, ElementType type, int device) {
        try (NativeTensor values = NativeTensor.random(shape, type, seed)) {
            return values.onDevice(resources, device);
        }
    }
}
