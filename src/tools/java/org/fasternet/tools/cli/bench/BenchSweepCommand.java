package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.fasternet.Hardware;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.tools.bench.ModelBenchmark;
import org.fasternet.tools.bench.ModelCase;
import org.fasternet.tools.bench.Peaks;
import org.fasternet.tools.bench.report.Columns;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.cli.SizeOption;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet bench sweep}. */
@Command(
        name = "sweep",
        description = {
            "Looks for a network's best settings: every precision and number of threads with larger and larger batches, until that "
                    + "no longer makes it faster; then names the best for latency, throughput and energy. T0 unless another is named."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench sweep --variant T0",
            "  fasternet bench sweep --variant S --precision all --max-batch 32 --html s.html",
            "  fasternet bench sweep --weights net.pth --threads 2,4 --backend fused,onednn"
        })
final class BenchSweepCommand extends Benchmark {
    /** A batch that brings less than this is the last one. */
    private static final double LEAST_GAIN = 0.03;

    @ArgGroup
    private NetworkSource source = new NetworkSource();

    @Mixin
    private ComputeChoices compute;

    @Option(names = "--max-batch", paramLabel = "N", description = "Largest batch (default: ${DEFAULT-VALUE}).")
    private int mostBatch = 64;

    @Option(names = "--size", paramLabel = "HxW", description = "Rows and columns of the input (default: 224).")
    private String size = "224";

    @Option(names = "--threads", paramLabel = "N", split = ",",
            description = "Threads of one run (default: all: 1, 2, 4... to as many as CPUs may be used); on a GPU they mean nothing.")
    private List<String> threads = List.of("all");

    @Mixin
    private SamplingOptions sampling;

    @Override
    Metric primary() {
        return Metric.P50;
    }

    @Override
    void measure(BenchRun run) {
        if (mostBatch < 1) {
            throw new ParameterException(spec.commandLine(), "--max-batch is " + mostBatch + ": 1 or more is expected");
        }
        List<Integer> counts = Choice.of(spec, "--threads", threads, ThreadsOption.upTo(Hardware.detect().cpus().usable()),
                Integer::valueOf).values();
        Size shape = Choice.of(spec, "--size", List.of(size), List.of(new Size(224, 224)), SizeOption::parse).values().get(0);
        List<NamedNetwork> networks = source.list(spec, "T0", seed, compute.quantized());
        List<SessionOptions> options = compute.options().stream().flatMap(base -> ThreadsOption.each(base, counts)).toList();
        Sampler sampler = new Sampler(sampling.plan(networks.size() * options.size() * batches().size()), run::stopped);
        Peaks peaks = new Peaks(compute.device(), seed);
        ModelBenchmark benchmark = new ModelBenchmark(sampler, peaks, seed,
                new ModelBenchmark.Extras(0, Optional.of(CountersOption.tell(run)), false, false));
        List<Work> works = new ArrayList<>();
        for (NamedNetwork network : networks) {
            for (SessionOptions wish : options) {
                IntFunction<ModelCase> atBatch = batch -> new ModelCase(network.name(),
                        wish.withSize(shape.height(), shape.width()).withBatch(batch));
                works.add(new Work(atBatch.apply(1).subject(), () -> untilSaturated(run, batch ->
                        benchmark.measure(atBatch.apply(batch), network.load(), network.file()).get(0))));
            }
        }
        run.measure(works, compute.all());
    }

    private List<Integer> batches() {
        return ThreadsOption.upTo(mostBatch);
    }

    private List<Measurement> untilSaturated(BenchRun run, IntFunction<Measurement> atBatch) {
        List<Measurement> lines = new ArrayList<>();
        double best = 0;
        for (int batch : batches()) {
            if (run.stopped() && !lines.isEmpty()) {
                break;
            }
            Measurement line = atBatch.apply(batch);
            lines.add(line);
            double rate = line.values().get(Metric.IMAGES_PER_SECOND);
            if (rate < best * (1 + LEAST_GAIN)) {
                break;
            }
            best = rate;
        }
        return lines;
    }

    @Override
    List<String> conclusions(Report report) {
        List<String> sentences = new ArrayList<>();
        best(report, Metric.P50).ifPresent(line -> sentences.add("lowest latency: " + told(line, Metric.P50)));
        best(report, Metric.IMAGES_PER_SECOND).ifPresent(
                line -> sentences.add("highest throughput: " + told(line, Metric.IMAGES_PER_SECOND)));
        best(report, Metric.IMAGES_PER_JOULE).ifPresent(
                line -> sentences.add("least energy: " + told(line, Metric.IMAGES_PER_JOULE)));
        return sentences;
    }

    private static Optional<Measurement> best(Report report, Metric metric) {
        Comparator<Measurement> order = Comparator.comparing(line -> line.values().get(metric));
        return report.measurements().stream().filter(line -> line.values().containsKey(metric))
                .min(metric.better() == Metric.Better.LOWER ? order : order.reversed());
    }

    private static String told(Measurement line, Metric metric) {
        return line.name() + ": " + metric.heading() + " " + Columns.number(line.values().get(metric));
    }
}
