package org.fasternet.tools.cli.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.tools.bench.load.AccuracyBenchmark;
import org.fasternet.tools.bench.load.LabelledImage;
import org.fasternet.tools.bench.load.LoadBenchmark;
import org.fasternet.tools.bench.load.LoadCase;
import org.fasternet.tools.bench.load.LoadSettings;
import org.fasternet.tools.bench.load.MlperfLogs;
import org.fasternet.tools.bench.load.Scenario;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.cli.ImageFolders;
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
            "With --accuracy nothing is timed: each image is asked for once, as the scenario asks, and compared with its class.",
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
            "  fasternet bench load --scenario Offline --weights net.pth --batch 8",
            "  fasternet bench load --accuracy imagenet/val --weights net.pth --mlperf-log results/my-system/net",
            "  fasternet bench load --official --weights net.pth --mlperf-log results/my-system/net"
        })
final class BenchLoadCommand extends Benchmark {
    private static final Duration MOST_WARM_UP = Duration.ofSeconds(2);
    private static final Size DEFAULT_SIZE = new Size(224, 224);
    /** What MLPerf's logs call it. */
    private static final String SYSTEM = "fasternet";

    @Option(names = "--scenario", paramLabel = "NAME", split = ",",
            description = "SingleStream, MultiStream, Server, Offline or all (default: all).")
    private List<String> scenarios = List.of("all");

    @ArgGroup
    private NetworkSource source = new NetworkSource();

    @Mixin
    private ComputeChoices compute;

    @Option(names = "--size", paramLabel = "HxW", converter = SizeOption.Converter.class,
            description = "Rows and columns of the input (default: 224; for --accuracy the model's).")
    private Size size;

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

    @Option(names = "--accuracy", paramLabel = "FOLDER",
            description = "How many images get their class, instead of how fast: of those below it, each in a folder named as its "
                    + "class, by label or number. Of the model in the box unless --weights are named.")
    private Path accuracy;

    @Option(names = "--mlperf-log", paramLabel = "FOLDER",
            description = "Write each scenario's run there in MLPerf's own format too, as its submission checker reads it.")
    private Path mlperfLog;

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
        return accuracy == null ? Metric.SAMPLES_PER_SECOND : Metric.ACCURACY;
    }

    @Override
    void measure(BenchRun run) {
        check();
        if (accuracy != null) {
            compare(run);
            return;
        }
        List<NamedNetwork> networks = source.list(spec, "T0", seed, compute.quantized());
        List<SessionOptions> options = options(size == null ? DEFAULT_SIZE : size);
        List<Work> works = new ArrayList<>();
        int things = networks.size() * scenarios().size() * options.size();
        LoadBenchmark benchmark =
                new LoadBenchmark(settings(things), logs(networks.size() * options.size()), run::say, run::stopped);
        NamedNetwork.Current current = new NamedNetwork.Current();
        for (NamedNetwork network : networks) {
            for (LoadCase work : cases(network.name(), options)) {
                works.add(Work.line(work.subject(), () -> benchmark.measure(work, current.get(network))));
            }
        }
        run.measure(works, compute.all());
    }

    /** Answers with the truth. */
    private void compare(BenchRun run) {
        NamedNetwork named = source.trained(spec, "--accuracy", compute.quantized());
        FasterNet network = named.load().get();
        List<LabelledImage> images = ImageFolders.of(accuracy, network);
        Size own = new Size(network.preprocessing().height(), network.preprocessing().width());
        List<SessionOptions> options = options(size == null ? own : size);
        AccuracyBenchmark benchmark = new AccuracyBenchmark(settings(1), logs(options.size()),
                done -> run.say(done + " of " + images.size() + " images"), run::stopped);
        run.measure(cases(named.name(), options).stream()
                .map(work -> Work.line(work.subject(), () -> benchmark.measure(work, network, images))).toList(), compute.all());
    }

    private List<SessionOptions> options(Size input) {
        return compute.options().stream().map(base -> base.withSize(input.height(), input.width())).toList();
    }

    private List<Scenario> scenarios() {
        return Choice.of(spec, "--scenario", scenarios, Arrays.asList(Scenario.values()), Scenario::of).values();
    }

    /** @param systems that are measured in each scenario */
    private Optional<MlperfLogs> logs(int systems) {
        if (mlperfLog != null && systems > 1) {
            throw new ParameterException(spec.commandLine(), "--mlperf-log is of one system, and " + systems
                    + " were asked for: name one network, back end and precision");
        }
        return Optional.ofNullable(mlperfLog).map(folder -> new MlperfLogs(folder, SYSTEM));
    }

    private void check() {
        if (targetQps != null && !(targetQps > 0 && targetQps < 1e9)) {
            throw new ParameterException(spec.commandLine(), "--target-qps " + targetQps + ": it must be above 0 and below 10^9");
        }
        if (accuracy != null && (length.official || length.quick || targetQps != null)) {
            throw new ParameterException(spec.commandLine(),
                    "--accuracy asks for each image once, without regard to time: --official, --quick and --target-qps do not go with it");
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

    private List<LoadCase> cases(String model, List<SessionOptions> options) {
        List<LoadCase> cases = new ArrayList<>();
        options.forEach(wish -> scenarios().forEach(
                s -> cases.add(new LoadCase(s, model, sessions.options(s, wish), sessions.count(s)))));
        return cases;
    }
}
