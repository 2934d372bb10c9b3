package org.fasternet.tools.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.tools.bench.load.LoadBenchmark;
import org.fasternet.tools.bench.load.LoadCase;
import org.fasternet.tools.bench.load.LoadSettings;
import org.fasternet.tools.bench.load.Scenario;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.cli.SizeOption;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet bench load}. */
@Command(
        name = "load",
        description = {
            "Puts networks under the load of MLPerf's four scenarios, by its rules: SingleStream and MultiStream (latency of one "
                    + "query of 1 or 8 images after the other), Server (queries that arrive at random, 99 %% of which are to be "
                    + "answered within a bound), Offline (throughput). T0 unless another network is named.",
            "A line is VALID only if all published rules are met. They ask for 600 s a run, so a shorter run, the default, is "
                    + "INVALID and says in what it falls short.",
        },
        footer = {
            "",
            "Seed 1 stands for the seeds published for MLPerf inference 6.0. Images are 8-bit RGB, 1024 different ones.",
            "",
            "Examples:",
            "  fasternet bench load --quick",
            "  fasternet bench load --variant S --official --json s.json",
            "  fasternet bench load --scenario Server --latency-bound 5ms --precision all",
            "  fasternet bench load --scenario Server --target-qps 500 --sessions 4",
            "  fasternet bench load --scenario Offline --weights net.pth --batch 8"
        })
final class BenchLoadCommand extends Benchmark {
    private static final Duration MOST_WARM_UP = Duration.ofSeconds(2);

    @Option(names = "--scenario", paramLabel = "NAME", split = ",",
            description = "SingleStream, MultiStream, Server, Offline or all (default: all).")
    private List<String> scenarios = List.of("all");

    @ArgGroup
    private NetworkSource source = new NetworkSource();

    @Mixin
    private ComputeChoices compute;

    @Option(names = "--size", paramLabel = "HxW", converter = SizeOption.Converter.class,
            description = "Rows and columns of the input (default: 224).")
    private Size size = new Size(224, 224);

    @Mixin
    private SessionsOptions sessions;

    @ArgGroup
    private Length length = new Length();

    @Option(names = "--target-qps", paramLabel = "RATE",
            description = "Server: queries per second (default: the highest rate that is within the bound is looked for).")
    private Double targetQps;

    @Option(names = "--latency-bound", paramLabel = "TIME", converter = SamplingOptions.Time.class,
            description = "Server: what 99 %% of the queries must be answered within (default: 15ms, MLPerf's for ResNet-50).")
    private Duration latencyBound = LoadSettings.RESNET_50_BOUND;

    private static final class Length {
        @Option(names = "--duration", paramLabel = "TIME", converter = SamplingOptions.Time.class,
                description = "Least duration of a run: 500ms, 5s, 1m (default: 1m).")
        private Duration duration = Duration.ofMinutes(1);

        @Option(names = "--official", description = "The published 600 s, and at least the published number of queries.")
        private boolean official;

        @Option(names = "--quick", description = "Half a minute for all where the network is fast, for a first look.")
        private boolean quick;

        /** @param things how many there are to be measured, which share the time of a quick look */
        Duration duration(int things) {
            if (official) {
                return LoadSettings.PUBLISHED_DURATION;
            }
            // Looking for Server's rate takes as long as the run that counts, and something is left for loading.
            return quick ? Duration.ofSeconds(15).dividedBy(Math.max(1, things)) : duration;
        }
    }

    @Override
    Metric primary() {
        return Metric.SAMPLES_PER_SECOND;
    }

    @Override
    void measure(BenchRun run) {
        check();
        List<NamedNetwork> networks = source.list(spec, "T0", seed, compute.quantized());
        List<Scenario> scenario =
                Choice.of(spec, "--scenario", scenarios, Arrays.asList(Scenario.values()), Scenario::of).values();
        List<SessionOptions> options =
                compute.options().stream().map(base -> base.withSize(size.height(), size.width())).toList();
        List<Work> works = new ArrayList<>();
        int things = networks.size() * scenario.size() * options.size();
        LoadBenchmark benchmark = new LoadBenchmark(settings(things), run::say, run::stopped);
        NamedNetwork.Current current = new NamedNetwork.Current();
        for (NamedNetwork network : networks) {
            for (LoadCase work : cases(network.name(), scenario, options)) {
                works.add(Work.line(work.subject(), () -> benchmark.measure(work, current.get(network))));
            }
        }
        run.measure(works, compute.all());
    }

    private void check() {
        if (targetQps != null && !(targetQps > 0 && targetQps < 1e9)) {
            throw new ParameterException(spec.commandLine(), "--target-qps " + targetQps + ": it must be above 0 and below 10^9");
        }
        if (length.duration.isZero() || latencyBound.isZero()) {
            throw new ParameterException(spec.commandLine(), "--duration and --latency-bound must be above 0");
        }
    }

    private LoadSettings settings(int things) {
        Duration duration = length.duration(things);
        Duration warmUp = duration.dividedBy(5);
        return new LoadSettings(
                duration, length.official, latencyBound,
                targetQps == null ? OptionalDouble.empty() : OptionalDouble.of(targetQps),
                warmUp.compareTo(MOST_WARM_UP) < 0 ? warmUp : MOST_WARM_UP, seed);
    }

    private List<LoadCase> cases(String model, List<Scenario> scenario, List<SessionOptions> options) {
        List<LoadCase> cases = new ArrayList<>();
        options.forEach(wish -> scenario.forEach(
                s -> cases.add(new LoadCase(s, model, sessions.options(s, wish), sessions.count(s)))));
        return cases;
    }
}
