package org.fasternet.schedule;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.layer.Activation;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.tensor.Tensor;

/**
 * Runs a schedule step by step with plain loops, its arena buffers really sharing one array as the plan says and poisoned with
 * NaN: wrong lifetimes, slices or orders of steps come out as wrong results.
 */
final class ScheduleInterpreter {
    private final Schedule schedule;
    private final ArenaPlan plan;
    private final float[] arena;
    private final float[][] external;
    private final Map<Tensor, float[]> kernels = new HashMap<>();

    private ScheduleInterpreter(Schedule schedule, float[] src) {
        this.schedule = schedule;
        plan = ArenaPlan.of(schedule.lifetimes());
        arena = new float[(int) (plan.bytes() / Float.BYTES)];
        Arrays.fill(arena, Float.NaN);
        external = new float[schedule.buffers().size()][];
        external[schedule.src().id()] = src;
        schedule.dsts().forEach(dst -> {
            external[dst.id()] = new float[(int) dst.layout().span(dst.shape())];
            Arrays.fill(external[dst.id()], Float.NaN);
        });
    }

    /** The destinations' content; for a schedule in place, {@code src} itself has changed. */
    static List<float[]> run(Schedule schedule, float[] src) {
        ScheduleInterpreter interpreter = new ScheduleInterpreter(schedule, src);
        schedule.steps().forEach(interpreter::step);
        return schedule.dsts().stream().map(dst -> interpreter.external[dst.id()]).toList();
    }

    private void step(Step step) {
        for (int n = 0; n < step.dst().shape().n(); n++) {
            for (int c = 0; c < step.dst().channels(); c++) {
                for (int h = 0; h < step.dst().shape().h(); h++) {
                    for (int w = 0; w < step.dst().shape().w(); w++) {
                        set(step.dst(), n, c, h, w, value(step, n, c, h, w));
                    }
                }
            }
        }
    }

    private double value(Step step, int n, int c, int h, int w) {
        if (step instanceof Step.Conv conv) {
            return conv(conv, n, c, h, w);
        } else if (step instanceof Step.Mean mean) {
            double sum = 0;
            for (int y = 0; y < mean.src().shape().h(); y++) {
                for (int x = 0; x < mean.src().shape().w(); x++) {
                    sum += get(mean.src(), n, c, y, x);
                }
            }
            return sum / (mean.src().shape().h() * mean.src().shape().w());
        } else if (step instanceof Step.Affine affine) {
            return affine.scale()[c] * get(affine.src(), n, c, h, w) + affine.shift()[c];
        }
        if (step instanceof Step.Patches patches) {
            return patch(patches, n, c, h, w);
        }
        return c < step.src().channels() ? get(step.src(), n, c, h, w) : 0;
    }

    private double patch(Step.Patches step, int n, int c, int h, int w) {
        int taps = step.size() * step.size();
        if (c >= step.src().channels() * taps) {
            return 0;
        }
        int tap = c % taps;
        return get(step.src(), n, c / taps, h * step.size() + tap / step.size(), w * step.size() + tap % step.size());
    }

    private double conv(Step.Conv conv, int n, int o, int h, int w) {
        int k = conv.weights().dim(2);
        int inputs = conv.weights().dim(1);
        int first = o / (conv.weights().dim(0) / conv.groups()) * inputs;
        float[] kernel = kernels.computeIfAbsent(conv.weights(), Tensor::data);
        double sum = conv.bias().isPresent() ? conv.bias().get()[o] : 0;
        for (int i = 0; i < inputs; i++) {
            for (int ky = 0; ky < k; ky++) {
                for (int kx = 0; kx < k; kx++) {
                    int y = h * conv.stride() - conv.padding() + ky;
                    int x = w * conv.stride() - conv.padding() + kx;
                    if (y >= 0 && y < conv.src().shape().h() && x >= 0 && x < conv.src().shape().w()) {
                        sum += get(conv.src(), n, first + i, y, x) * kernel[((o * inputs + i) * k + ky) * k + kx];
                    }
                }
            }
        }
        if (conv.activation().isPresent()) {
            sum = conv.activation().get() == Activation.RELU ? Math.max(sum, 0) : NaiveLayers.gelu(sum);
        }
        return conv.accumulate() ? get(conv.dst(), n, o, h, w) + sum : sum;
    }

    private float get(View view, int n, int c, int h, int w) {
        return memory(view)[index(view, n, c, h, w)];
    }

    private void set(View view, int n, int c, int h, int w, double value) {
        memory(view)[index(view, n, c, h, w)] = (float) value;
    }

    private float[] memory(View view) {
        return view.buffer().external() ? external[view.buffer().id()] : arena;
    }

    private int index(View view, int n, int c, int h, int w) {
        Layout layout = view.buffer().layout();
        long base = view.buffer().external() ? 0 : plan.offsets().get(view.buffer().id()) / Float.BYTES;
        return (int) (base + n * layout.strideN() + (view.first() + c) * layout.strideC() + h * layout.strideH()
                + w * layout.strideW());
    }
}
