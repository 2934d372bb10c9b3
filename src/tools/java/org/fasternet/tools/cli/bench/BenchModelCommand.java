package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.tools.bench.ModelBenchmark;
import org.fasternet.tools.bench.ModelCase;
import org.fasternet.tools.bench.Peaks;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.cli.SizeOption;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet bench model}. */
@Command(
        name = "model",
        description = {
            "Measures whole networks, every combination of what is listed; all variants unless some are named.",
            "A list has commas between its values; 'all' is everything that can be measured here."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench model",
            "  fasternet bench model --variant T0,S --backend all --precision all --quick",
            "  fasternet bench model --variant T0 --threads all --batch 1,4,16 --csv t0.csv",
            "  fasternet bench model --weights net.pth --size 224,192x256 --html net.html",
            "  fasternet bench model --variant T0,L --starts 7",
            "  fasternet bench model --variant T0 --profile --html t0.html"
        })
final class BenchModelCommand extends Benchmark {
    @ArgGroup
    private NetworkSource source = new NetworkSource();

    @Mixin
    private ComputeChoices compute;

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Images in one run; all: 1, 2, 4... 32 (default: 1).")
    private List<String> batches = List.of("1");

    @Option(names = "--size", paramLabel = "HxW", split = ",",
            description = "Rows and columns of the input; all: 160, 192, 224, 256, 288 (default: 224).")
    private List<String> sizes = List.of("224");

    @Option(names = "--starts", paramLabel = "N", description = {
        "Start N processes too, by plain java, and report the",
        "median time to the first result (default: 0, none)."})
    private int starts;

    @Option(names = "--profile", description = {
        "Measure every step of the network too, and what each",
        "thread computes and waits."})
    private boolean profile;

    @Mixin
    private CountersOption counters;

    @Option(names = "--pin", description = "Keep each thread of a run on a CPU of its own; for the back end fused.")
    private boolean pin;

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private SamplingOptions sampling;

    @Override
    Metric primary() {
        return Metric.P50;
    }

    @Override
    void measure(BenchRun run) {
        if (starts < 0) {
            throw new ParameterException(spec.commandLine(), "--starts is " + starts + ": 0 or more is expected");
        }
        List<NamedNetwork> networks = source.list(spec, "all", seed, compute.quantized());
        List<SessionOptions> options = options();
        Sampler sampler = new Sampler(sampling.plan(networks.size() * options.size() * (profile ? 2 : 1)), run::stopped);
        if (pin) {
            run.threadsArePinned();
        }
        Peaks peaks = new Peaks(compute.device(), seed);
        ModelBenchmark benchmark = new ModelBenchmark(
                sampler, peaks, seed, new ModelBenchmark.Extras(starts, counters.meters(run), pin, profile));
        List<Work> works = new ArrayList<>();
        for (NamedNetwork network : networks) {
            for (SessionOptions wish : options) {
                ModelCase work = new ModelCase(network.name(), wish);
                works.add(new Work(work.subject(), () -> benchmark.measure(work, network.load(), network.file())));
            }
        }
        run.ceilings(peaks, options, threads.values());
        run.measure(works, compute.all());
    }

    private List<SessionOptions> options() {
        List<Integer> batch = Choice.batches(spec, batches).values();
        List<Size> size = Choice.of(spec, "--size", sizes,
                List.of(160, 192, 224, 256, 288).stream().map(side -> new Size(side, side)).toList(), SizeOption::parse).values();
        List<SessionOptions> options = new ArrayList<>();
        for (SessionOptions base : compute.options()) {
            for (int n : batch) {
                for (Size s : size) {
                    ThreadsOption.each(base.withBatch(n).withSize(s.height(), s.width()), threads.values()).forEach(options::add);
                }
            }
        }
        return options;
    }
}
