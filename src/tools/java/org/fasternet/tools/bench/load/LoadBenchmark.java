package org.fasternet.tools.bench.load;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions.Size;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.Figures;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Latency;

/** Puts a network under the load of MLPerf's scenarios. */
public final class LoadBenchmark {
    /** The performance sample count of ResNet-50 in {@code mlperf.conf}: so many different images are asked for. */
    private static final int IMAGES = 1024;
    /** LoadGen makes Offline's query longer than the expected throughput demands, in case that was too low. */
    private static final double SLACK = 1.1;
    private static final int ROUNDS = 10;

    private final LoadSettings settings;
    private final Rules rules;
    private final Optional<MlperfLogs> logs;
    private final Consumer<String> progress;
    private final BooleanSupplier stopped;

    /**
     * @param logs where runs are written besides
     * @param progress is told what a longer search is at
     * @param stopped once true, the run ends soon
     */
    public LoadBenchmark(
            LoadSettings settings, Optional<MlperfLogs> logs, Consumer<String> progress, BooleanSupplier stopped) {
        this.logs = logs;
        this.settings = settings;
        this.rules = new Rules(settings.latencyBound().toNanos());
        this.progress = progress;
        this.stopped = stopped;
    }

    /**
     * Stopped, it tells of what has been answered, if anything has.
     *
     * @throws org.fasternet.error.FasterNetException if this case cannot be run here
     */
    public Measurement measure(LoadCase work, FasterNet network) {
        DataSet data = new DataSet(IMAGES, work.mostInPlace(), shape(work, network), settings.seed());
        boolean stream = work.scenario().stream();
        try (Sessions sessions = new Sessions(network, work.options().withPixels(), work.sessions(), stream, data)) {
            LoadGenerator load = new LoadGenerator(sessions, LoadClock.SYSTEM, IMAGES, settings.seed(), stopped);
            double rate = warmUp(load, work.sessions() * work.options().batch());
            LoadRun run = stopped.getAsBoolean() ? LoadRun.none(work.scenario()) : run(load, work.scenario(), rate);
            if (run.samples() > 0) {
                logs.ifPresent(folder -> folder.performance(run, settings, rules, IMAGES, rate));
            }
            return measurement(work, run, sessions.plan());
        }
    }

    /** @param rate what the system can answer, in samples per second */
    private LoadRun run(LoadGenerator load, Scenario scenario, double rate) {
        return switch (scenario) {
            case SINGLE_STREAM, MULTI_STREAM -> load.stream(scenario, settings.least(scenario));
            case SERVER -> server(load, rate);
            case OFFLINE -> offline(load, rate);
        };
    }

    /** Again with the rate that it turned out to have, if the machine was slower while it was warmed up: LoadGen is then told so. */
    LoadRun offline(LoadGenerator load, double rate) {
        LoadRun run = load.offline(samples(rate));
        boolean tooShort = run.complete() && run.covered() < settings.duration().toNanos();
        return tooShort && !stopped.getAsBoolean() ? load.offline(samples(run.samplesPerSecond())) : run;
    }

    private static Shape shape(LoadCase work, FasterNet network) {
        Size size = work.options().size().orElseThrow();
        return new Shape(1, network.config().inChannels(), size.height(), size.width());
    }

    /** Queries that last longer and longer; returns the last one's samples per second. */
    private double warmUp(LoadGenerator load, int least) {
        int samples = least;
        LoadRun run = load.offline(samples);
        while (run.elapsed() < settings.warmUp().toNanos() / 2 && !stopped.getAsBoolean()) {
            samples = Math.multiplyExact(samples, 2);
            run = load.offline(samples);
        }
        return run.samplesPerSecond();
    }

    private int samples(double rate) {
        double expected = settings.expected(SLACK * rate);
        return (int) Math.max(settings.published() ? Scenario.OFFLINE.leastSamples() : 1, Math.ceil(expected));
    }

    private LoadRun server(LoadGenerator load, double rate) {
        Least least = settings.least(Scenario.SERVER);
        if (settings.targetQps().isPresent()) {
            return load.server(settings.targetQps().getAsDouble(), least, rules.bound(), queries -> queries);
        }
        DoubleConsumer rates = qps -> progress.accept(String.format(Locale.ROOT, "Server, %.4g queries/s", qps));
        return new ServerSearch(load, rules, rates, stopped).run(rate, least);
    }

    private Measurement measurement(LoadCase work, LoadRun run, ExecutionPlan plan) {
        Optional<Metric> tail = tail(work.scenario());
        List<Double> rounds = tail.map(metric -> run.latencies(ROUNDS, latency -> Figures.of(latency).get(metric)))
                .orElseGet(() -> run.rates(ROUNDS));
        // In Server it is the queries' arrivals that vary, and by more.
        List<String> warnings = work.scenario() == Scenario.SERVER ? List.of() : Figures.spread(run.rates(ROUNDS));
        return new Measurement(subject(work, plan), values(run), tail.orElse(null), rounds, rules.verdict(run),
                Figures.implementations(plan), warnings);
    }

    /** What is compared where throughput tells nothing of the tail, or is given. Server's highest rate has the tail in it. */
    private Optional<Metric> tail(Scenario scenario) {
        return switch (scenario) {
            case SINGLE_STREAM -> Optional.of(Metric.P90);
            case MULTI_STREAM -> Optional.of(Metric.P99);
            case SERVER -> settings.targetQps().isPresent() ? Optional.of(Metric.P99) : Optional.empty();
            case OFFLINE -> Optional.empty();
        };
    }

    private Map<Dimension, String> subject(LoadCase work, ExecutionPlan plan) {
        Map<Dimension, String> subject = work.subject(plan);
        if (work.scenario() == Scenario.SERVER) {
            subject.put(Dimension.BOUND, settings.latencyBound().toNanos() / 1e6 + " ms");
            settings.targetQps().ifPresent(rate -> subject.put(Dimension.RATE, String.valueOf(rate)));
        }
        return subject;
    }

    private static Map<Metric, Double> values(LoadRun run) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        if (run.samples() == 0) {
            return values;
        }
        if (run.scenario() == Scenario.SERVER) {
            values.put(Metric.TARGET_QUERIES_PER_SECOND, run.targetQps());
        }
        if (run.scenario() != Scenario.OFFLINE) {
            values.putAll(Figures.of(Latency.of(run.latencies())));
            values.put(Metric.QUERIES_PER_SECOND, run.queries() * 1e9 / run.elapsed());
            new EarlyStopping(run.scenario().share()).estimate(run.sortedLatencies())
                    .ifPresent(nanos -> values.put(Metric.TAIL_ESTIMATE, nanos / 1e6));
        }
        values.put(Metric.SAMPLES_PER_SECOND, run.samplesPerSecond());
        return values;
    }
}
