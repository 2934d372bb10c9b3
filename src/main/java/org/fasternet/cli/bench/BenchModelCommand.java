package org.fasternet.cli.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.fasternet.FasterNet;
import org.fasternet.Precision;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.UnsupportedException;
import org.fasternet.Variant;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Backends;
import org.fasternet.bench.ModelBenchmark;
import org.fasternet.bench.ModelCase;
import org.fasternet.bench.report.Metric;
import org.fasternet.bench.timing.Sampler;
import org.fasternet.cli.SizeOption;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet bench model}. */
@Command(
        name = "model",
        description = {
            "Measures whole networks, every combination of what is listed.",
            "A list has commas between its values; 'all' is everything that can be measured here."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench model",
            "  fasternet bench model --variant T0,S --backend all --precision all --quick",
            "  fasternet bench model --variant T0 --threads all --batch 1,4,16 --csv t0.csv",
            "  fasternet bench model --weights net.pth --size 224,192x256 --html net.html"
        })
final class BenchModelCommand extends Benchmark {
    @ArgGroup
    private Source source = new Source();

    @Option(names = "--backend", paramLabel = "NAME", split = ",", description = "auto, fused, onednn or all (default: auto).")
    private List<String> backends = List.of(Backends.AUTO);

    @Option(names = "--precision", paramLabel = "NAME", split = ",", description = "f32, bf16 or all (default: f32).")
    private List<String> precisions = List.of("f32");

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Images in one run; all: 1, 2, 4... 32 (default: 1).")
    private List<String> batches = List.of("1");

    @Option(names = "--size", paramLabel = "HxW", split = ",",
            description = "Rows and columns of the input; all: 160, 192, 224, 256, 288 (default: 224).")
    private List<String> sizes = List.of("224");

    @Mixin
    private ThreadsOption threads;

    @Mixin
    private SamplingOptions sampling;

    private static final class Source {
        @Option(names = "--variant", paramLabel = "NAME", split = ",",
                description = "T0, T1, T2, S, M, L or all, with random weights (default: all).")
        private List<String> variants = List.of("all");

        @Option(names = "--weights", paramLabel = "FILE", description = "A checkpoint instead.")
        private Path weights;
    }

    /** A network's name, and what loads it. */
    private record Load(String name, Supplier<FasterNet> load) {}

    @Override
    Metric primary() {
        return Metric.P50;
    }

    @Override
    void measure(BenchRun run) {
        List<Load> loads = loads();
        Choice<String> backend = Choice.of(spec, "--backend", backends,
                Backends.all().stream().map(Backend::name).toList(), BenchModelCommand::backend);
        Choice<Precision> precision = Choice.of(spec, "--precision", precisions, List.of(Precision.values()), Precision::parse);
        List<SessionOptions> options = options(backend.values(), precision.values());
        boolean all = backend.all() || precision.all();
        run.expect(loads.size() * options.size());
        Sampler sampler = new Sampler(sampling.plan(loads.size() * options.size()), run::stopped);
        ModelBenchmark benchmark = new ModelBenchmark(sampler, (p, t) -> OptionalDouble.empty(), seed);
        for (Load load : loads) {
            long start = System.nanoTime();
            FasterNet network = load.load().get();
            double loadMillis = (System.nanoTime() - start) / 1e6;
            for (SessionOptions wish : options) {
                if (run.stopped()) {
                    return;
                }
                ModelCase work = new ModelCase(load.name(), wish);
                run.begin(String.join(" ", work.subject().values()));
                try {
                    run.add(benchmark.measure(work, network, loadMillis));
                } catch (UnsupportedException e) {
                    if (!all) {
                        throw e;
                    }
                    run.skip(work.subject(), e.getMessage());
                }
            }
        }
    }

    private List<Load> loads() {
        if (source.weights != null) {
            return List.of(new Load(source.weights.getFileName().toString(), () -> FasterNet.load(source.weights)));
        }
        return Choice.of(spec, "--variant", source.variants, List.of(Variant.values()),
                        name -> Variant.valueOf(name.toUpperCase(Locale.ROOT)))
                .values().stream()
                .map(variant -> new Load(variant.name(), () -> FasterNet.random(variant, seed)))
                .toList();
    }

    private static String backend(String name) {
        if (!name.equals(Backends.AUTO)) {
            Backends.choose(name, Precision.F32);
        }
        return name;
    }

    private List<SessionOptions> options(List<String> backend, List<Precision> precision) {
        List<Integer> batch = Choice.of(spec, "--batch", batches, List.of(1, 2, 4, 8, 16, 32), Integer::valueOf).values();
        List<Size> size = Choice.of(spec, "--size", sizes,
                List.of(160, 192, 224, 256, 288).stream().map(side -> new Size(side, side)).toList(), SizeOption::parse).values();
        List<SessionOptions> options = new ArrayList<>();
        for (String b : backend) {
            for (Precision p : precision) {
                for (int n : batch) {
                    for (Size s : size) {
                        for (int t : threads.values()) {
                            options.add(SessionOptions.defaults().withBackend(b).withPrecision(p).withBatch(n)
                                    .withSize(s.height(), s.width()).withThreads(t));
                        }
                    }
                }
            }
        }
        return options;
    }
}
