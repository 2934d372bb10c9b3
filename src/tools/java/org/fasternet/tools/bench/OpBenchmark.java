package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Resources;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.op.CacheFlusher;
import org.fasternet.tools.bench.op.OpCase;
import org.fasternet.tools.bench.op.OperatorShape;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Latency;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.bench.timing.Samples;

/**
 * Measures single operators: hot, over and over on the same buffers, and cold, with everything it reads evicted from the caches
 * before each run. What a back end copies to and from buffers of its own belongs to the run, and is named as a step of it.
 */
public final class OpBenchmark implements AutoCloseable {
    /** What is in the caches when a run begins. */
    public enum Caches {
        HOT,
        COLD;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Sampler sampler;
    private final Peaks peaks;
    private final List<Caches> caches;
    private final long seed;
    /** By back end and threads. */
    private final Map<String, CacheFlusher> flushers = new HashMap<>();
    private final Resources resources = new Resources();

    /**
     * @param caches what to measure
     * @param seed of weights and source
     */
    public OpBenchmark(Sampler sampler, Peaks peaks, List<Caches> caches, long seed) {
        this.sampler = sampler;
        this.peaks = peaks;
        this.caches = caches;
        this.seed = seed;
    }

    /** @param options as for {@link OpCase#compile}, with threads given */
    public static Map<Dimension, String> subject(OperatorShape shape, SessionOptions options) {
        Shape src = shape.src();
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.OPERATOR, shape.operator().id());
        subject.put(Dimension.SHAPE, src.n() + "x" + src.c() + "x" + src.h() + "x" + src.w());
        subject.put(Dimension.OUTPUTS, String.valueOf(shape.outputs()));
        subject.put(Dimension.BACKEND, options.backend());
        subject.put(Dimension.PRECISION, options.precision().id());
        options.threads().ifPresent(threads -> subject.put(Dimension.THREADS, String.valueOf(threads)));
        return subject;
    }

    /**
     * A line hot, a line cold, or both.
     *
     * @throws org.fasternet.error.FasterNetException if the operator cannot be had here
     */
    public List<Measurement> measure(OperatorShape shape, SessionOptions options) {
        long start = System.nanoTime();
        try (OpCase work = OpCase.compile(shape, options, seed)) {
            double compileMillis = (System.nanoTime() - start) / 1e6;
            Map<Dimension, String> subject = subject(shape, options);
            subject.put(Dimension.BACKEND, work.plan().backend());
            List<Measurement> lines = new ArrayList<>();
            for (Caches state : caches) {
                subject.put(Dimension.CACHES, state.id());
                lines.add(line(subject, work, state, compileMillis));
            }
            return lines;
        }
    }

    private Measurement line(Map<Dimension, String> subject, OpCase work, Caches state, double compileMillis) {
        ExecutionPlan plan = work.plan();
        Function<Runnable, Samples> sampling = state == Caches.HOT
                ? sampler::sample
                : run -> sampler.sample(flusher(plan)::flush, run);
        Peaks.Peaked<Samples> peaked = peaks.around(plan, () -> sampling.apply(work::run));
        Samples samples = peaked.result();
        Map<Metric, Double> values = Figures.of(samples);
        values.put(Metric.COMPILE, compileMillis);
        Latency computing = samples.latency();
        if (Peaks.onGpu(plan)) {
            computing = sampling.apply(work.onDevice(peaks.devicePeaks().device())).latency();
            values.put(Metric.DEVICE_P50, computing.p50() / 1e6);
        }
        values.putAll(Figures.rates(computing, Cost.of(work.cost()), peaked.gflops()));
        if (state == Caches.COLD) {
            putRoofShare(values, peaked.gflops(), plan);
        }
        List<String> steps = plan.steps().stream().map(step -> step.label() + " " + step.implementation()).toList();
        return new Measurement(subject, values, Figures.millis(samples.medians()), null, steps, Figures.warnings(samples));
    }

    private void putRoofShare(Map<Metric, Double> values, OptionalDouble peak, ExecutionPlan plan) {
        peak.ifPresent(gflops -> values.put(Metric.ROOF_SHARE, 100 * values.get(Metric.FLOP_RATE)
                / peaks.roofline(gflops, plan).attainable(WorkingSet.MEMORY, values.get(Metric.INTENSITY))));
    }

    private CacheFlusher flusher(ExecutionPlan plan) {
        return flushers.computeIfAbsent(plan.backend() + " " + plan.threads(), key -> resources.add(Peaks.onGpu(plan)
                ? CacheFlusher.onDevice(plan.backend(), peaks.devicePeaks())
                : new CacheFlusher(plan), CacheFlusher::close));
    }

    /** Frees what the caches were emptied by. */
    @Override
    public void close() {
        resources.close();
    }
}
