package org.fasternet.tools.bench;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.fasternet.DeviceBuffer;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.abi.measure.PinnedThreads;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.compare.RatioOfMedians;
import org.fasternet.tools.bench.machine.ProcessMemory;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.start.ProcessStart;
import org.fasternet.tools.bench.timing.Latency;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.bench.timing.Samples;

/** Measures a whole network as an application would run it: one session, its own thread, the same direct buffers every time. */
public final class ModelBenchmark {
    private static final int HEAP_RUNS = 10;
    private static final double MIB = 1 << 20;

    private final Sampler sampler;
    private final Peaks peaks;
    private final long seed;
    private final Extras extras;

    /**
     * What is measured besides the runs of one session.
     *
     * @param starts of processes that are timed to their first result; 0: that is not measured
     * @param meters of the chip; empty: they are not asked
     * @param pin whether each thread of a run stays on a CPU of its own
     * @param profile whether to measure steps too, in runs of a second session, which take turns with those of the first
     */
    public record Extras(int starts, Optional<Meters> meters, boolean pin, boolean profile) {}

    /** @param seed of the input's values */
    public ModelBenchmark(Sampler sampler, Peaks peaks, long seed, Extras extras) {
        this.sampler = sampler;
        this.peaks = peaks;
        this.seed = seed;
        this.extras = extras;
    }

    /**
     * @param load reads the network or makes it; is timed
     * @param file the network's checkpoint; asked for only if processes are started
     * @return a line for the network, and one for each of its steps if they are profiled
     * @throws org.fasternet.error.FasterNetException if this case cannot be run here
     */
    public List<Measurement> measure(ModelCase work, Supplier<FasterNet> load, Supplier<Path> file) {
        long start = System.nanoTime();
        FasterNet network = load.get();
        final double loadMillis = millisSince(start);
        start = System.nanoTime();
        try (Session session = network.session(work.options())) {
            final double compileMillis = millisSince(start);
            FloatBuffer src = memory(session, session.srcShape()).put(Buffers.random(session.srcShape(), seed)).flip();
            FloatBuffer[] dsts = session.dstShapes().stream().map(shape -> memory(session, shape)).toArray(FloatBuffer[]::new);
            start = System.nanoTime();
            session.run(src, dsts);
            Map<Metric, Double> values = new EnumMap<>(Metric.class);
            values.put(Metric.LOAD, loadMillis);
            values.put(Metric.COMPILE, compileMillis);
            values.put(Metric.FIRST, millisSince(start));
            if (extras.starts > 0) {
                values.put(Metric.START, ProcessStart.medianMillis(file.get(), work.options(), extras.starts));
            }
            putMemory(values);
            ExecutionPlan plan = session.plan();
            values.put(Metric.PACKED, plan.weightBytes() / MIB);
            values.put(Metric.ARENA, plan.arenaBytes() / MIB);
            Map<Dimension, String> subject = work.subject(plan);
            RoundTrip.Beside<Measured> beside = RoundTrip.around(plan.threads(), () -> extras.profile
                    ? measureProfiled(network, work, subject, () -> session.run(src, dsts), src, dsts)
                    : measurePlain(plan, () -> session.run(src, dsts)));
            beside.way().ifPresent(way -> values.put(Metric.ROUND_TRIP, way.nanos()));
            Measured measured = beside.result();
            Samples samples = measured.samples;
            List<String> warnings = new ArrayList<>(Figures.warnings(samples));
            beside.way().ifPresent(way -> warnings.addAll(way.warnings()));
            values.putAll(Figures.of(samples));
            values.putAll(measured.more);
            values.put(Metric.HEAP_PER_RUN, ProcessMemory.heapBytes(HEAP_RUNS, () -> session.run(src, dsts)));
            extras.meters.ifPresent(chip -> values.putAll(chip.measure(work.options().batch(), () -> session.run(src, dsts))));
            Latency computing = samples.latency();
            if (Peaks.onGpu(plan)) {
                // Last: on other memory the graph is another.
                computing = onDevice(session, work.options().device().orElse(0), src);
                values.put(Metric.DEVICE_P50, computing.p50() / 1e6);
            }
            values.put(Metric.IMAGES_PER_SECOND, work.options().batch() * 1e9 / samples.latency().mean());
            Cost cost = Cost.of(network, session.srcShape(), session.dstShapes(), plan.precision());
            values.putAll(Figures.rates(computing, cost, measured.gflops));
            List<Measurement> lines = new ArrayList<>();
            lines.add(new Measurement(subject, values, null, Figures.millis(samples.medians()), null,
                    Figures.implementations(plan), warnings, measured.busyMillis));
            lines.addAll(measured.steps);
            return lines;
        }
    }

    /**
     * What was found by running.
     *
     * @param more figures of the network that its steps tell
     * @param busyMillis by thread; null if it is not known
     */
    private record Measured(
            Samples samples, OptionalDouble gflops, Map<Metric, Double> more, List<Double> busyMillis, List<Measurement> steps) {}

    private Measured measurePlain(ExecutionPlan plan, Runnable run) {
        Peaks.Peaked<Samples> peaked = peaks.around(plan, () -> placed(plan, () -> sampler.sample(run)));
        return new Measured(peaked.result(), peaked.gflops(), Map.of(), null, List.of());
    }

    private Measured measureProfiled(
            FasterNet network, ModelCase work, Map<Dimension, String> subject, Runnable plain, FloatBuffer src, FloatBuffer[] dsts) {
        try (Session session = network.session(work.options())) {
            ProfiledRuns profiled = new ProfiledRuns(session, () -> session.run(src, dsts));
            ExecutionPlan plan = session.plan();
            Peaks.Peaked<List<Samples>> peaked = peaks.around(plan,
                    () -> placed(plan, () -> sampler.alternate(List.of(plain, profiled))));
            Samples samples = peaked.result().get(0);
            Samples timed = peaked.result().get(1);
            StepLines steps = new StepLines(subject, plan, profiled, profiled.medians(timed),
                    intensity -> peaks.attainable(peaked.gflops(), plan, intensity));
            Map<Metric, Double> more = new EnumMap<>(steps.whole());
            more.put(Metric.PROFILE_COST, 100 * (RatioOfMedians.ofRounds(timed.medians(), samples.medians()) - 1));
            return new Measured(samples, peaked.gflops(), more, steps.busyMillis(), steps.lines());
        }
    }

    /** Samples with threads pinned, if they shall be; the peak's threads need CPUs of the whole mask again. */
    private <T> T placed(ExecutionPlan plan, Supplier<T> sampling) {
        if (!extras.pin) {
            return sampling.get();
        }
        if (!plan.backend().equals("fused")) {
            throw new UnsupportedException("threads can be pinned in the back end fused, not in " + plan.backend()
                    + (plan.backend().equals("onednn") ? ": start with the environment variable OMP_PROC_BIND=close instead" : ""));
        }
        try (PinnedThreads pinned = new PinnedThreads(plan.threads())) {
            return sampling.get();
        }
    }

    private static void putMemory(Map<Metric, Double> values) {
        ProcessMemory memory = new ProcessMemory();
        memory.residentMib().ifPresent(mib -> values.put(Metric.RESIDENT, mib));
        memory.hugeMib().ifPresent(mib -> values.put(Metric.HUGE, mib));
        Map<Integer, Double> nodes = memory.nodes();
        double all = nodes.values().stream().mapToDouble(Double::doubleValue).sum();
        nodes.entrySet().stream().max(Map.Entry.comparingByValue()).ifPresent(most -> {
            values.put(Metric.NODE, (double) most.getKey());
            values.put(Metric.NODE_SHARE, 100 * most.getValue() / all);
        });
    }

    private Latency onDevice(Session session, int device, FloatBuffer values) {
        List<DeviceBuffer> buffers = new ArrayList<>();
        try {
            buffers.add(DeviceBuffer.allocate((long) values.capacity() * Float.BYTES, device));
            buffers.get(0).copyFrom(values);
            for (Shape shape : session.dstShapes()) {
                buffers.add(DeviceBuffer.allocate((long) shape.elements() * Float.BYTES, device));
            }
            DeviceBuffer[] dsts = buffers.subList(1, buffers.size()).toArray(DeviceBuffer[]::new);
            return sampler.sample(() -> session.run(buffers.get(0), dsts)).latency();
        } finally {
            buffers.forEach(DeviceBuffer::close);
        }
    }

    /** That a GPU reaches by itself: as an application would have it that counts microseconds. */
    private static FloatBuffer memory(Session session, Shape shape) {
        return session.allocate((long) shape.elements() * Float.BYTES).asFloatBuffer();
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }
}
