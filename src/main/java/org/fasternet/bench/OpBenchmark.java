package org.fasternet.bench;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.fasternet.ExecutionPlan;
import org.fasternet.SessionOptions;
import org.fasternet.bench.op.CacheFlusher;
import org.fasternet.bench.op.OpCase;
import org.fasternet.bench.op.OperatorShape;
import org.fasternet.bench.report.Dimension;
import org.fasternet.bench.report.Measurement;
import org.fasternet.bench.report.Metric;
import org.fasternet.bench.timing.Latency;
import org.fasternet.bench.timing.Sampler;
import org.fasternet.bench.timing.Samples;
import org.fasternet.tensor.Shape;

/**
 * Measures single operators: hot, over and over on the same buffers, and cold, with everything it reads evicted from the caches
 * before each run.
 */
public final class OpBenchmark {
    private final Sampler sampler;
    private final BooleanSupplier stopped;
    private final Peaks peaks;
    private final int coldRuns;
    private final long seed;

    /**
     * @param stopped is asked between cold runs
     * @param coldRuns how many, 0 for none
     * @param seed of weights and source
     */
    public OpBenchmark(Sampler sampler, BooleanSupplier stopped, Peaks peaks, int coldRuns, long seed) {
        this.sampler = sampler;
        this.stopped = stopped;
        this.peaks = peaks;
        this.coldRuns = coldRuns;
        this.seed = seed;
    }

    /** @param options as for {@link OpCase#compile}, with threads given */
    public static Map<Dimension, String> subject(OperatorShape shape, SessionOptions options) {
        Shape src = shape.src();
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.OPERATOR, shape.operator().id());
        subject.put(Dimension.SHAPE, src.n() + "x" + src.c() + "x" + src.h() + "x" + src.w());
        subject.put(Dimension.BACKEND, options.backend());
        subject.put(Dimension.PRECISION, options.precision().id());
        options.threads().ifPresent(threads -> subject.put(Dimension.THREADS, String.valueOf(threads)));
        return subject;
    }

    /** @throws org.fasternet.FasterNetException if the operator cannot be had here */
    public Measurement measure(OperatorShape shape, SessionOptions options) {
        long start = System.nanoTime();
        try (OpCase work = OpCase.compile(shape, options, seed)) {
            Map<Metric, Double> values = new EnumMap<>(Metric.class);
            values.put(Metric.COMPILE, (System.nanoTime() - start) / 1e6);
            ExecutionPlan plan = work.plan();
            Peaks.Peaked peaked = peaks.around(plan, () -> sampler.sample(work::run));
            Samples samples = peaked.samples();
            values.putAll(Figures.of(samples));
            values.putAll(Figures.rates(samples.latency(), work.cost().flops(), work.cost().leastBytes(), peaked.gflops()));
            if (coldRuns > 0) {
                values.put(Metric.COLD_P50, cold(work).p50() / 1e6);
            }
            Map<Dimension, String> subject = new EnumMap<>(subject(shape, options));
            subject.put(Dimension.BACKEND, plan.backend());
            return new Measurement(
                    subject, values, Figures.millis(samples.medians()), null, Figures.implementations(plan),
                    Figures.warnings(samples));
        }
    }

    private Latency cold(OpCase work) {
        long[] nanos = new long[coldRuns];
        int count = 0;
        try (CacheFlusher caches = new CacheFlusher(work.plan())) {
            do {
                caches.flush();
                long start = System.nanoTime();
                work.run();
                nanos[count++] = System.nanoTime() - start;
            } while (count < coldRuns && !stopped.getAsBoolean());
        }
        return Latency.of(Arrays.copyOf(nanos, count));
    }
}
