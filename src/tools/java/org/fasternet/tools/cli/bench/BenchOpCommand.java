package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.fasternet.SessionOptions;
import org.fasternet.SessionOptions.Size;
import org.fasternet.Variant;
import org.fasternet.layer.Activation;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.OpBenchmark;
import org.fasternet.tools.bench.PaperArgument;
import org.fasternet.tools.bench.Peaks;
import org.fasternet.tools.bench.op.Operator;
import org.fasternet.tools.bench.op.OperatorShape;
import org.fasternet.tools.bench.op.OperatorShapes;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.cli.SizeOption;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet bench op}. */
@Command(
        name = "op",
        description = {
            "Measures single operators at the shapes of the networks: hot, again and again on",
            "the same buffers, and cold, with nothing of what they read in a cache."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench op --paper",
            "  fasternet bench op --variant T0 --operator block,pconv/4 --backend all",
            "  fasternet bench op --shape 1x96x56x56 --precision all --html op.html"
        })
final class BenchOpCommand extends Benchmark {
    @ArgGroup
    private Source source = new Source();

    @Option(names = "--operator", paramLabel = "NAME", split = ",",
            description = "conv3x3, gconv3x3, dwconv3x3, pconv/2, pconv/4, pconv/8, pointwise/expand, pointwise/project, block,"
                    + " patch, merge, head, classifier or all (default: all).")
    private List<String> operators = List.of("all");

    @Mixin
    private ComputeChoices compute;

    @Mixin
    private ThreadsOption threads;

    @Option(names = "--caches", paramLabel = "STATE", split = ",",
            description = "hot, cold (all that a run reads is evicted before) or all (default: all).")
    private List<String> caches = List.of("all");

    @Mixin
    private SamplingOptions sampling;

    /** Where the shapes are from. */
    private static final class Source {
        @Option(names = "--paper",
                description = "The paper's comparison: regular, grouped, depthwise and partial convolution on its four feature"
                        + " maps.")
        private boolean paper;

        @Option(names = "--shape", paramLabel = "NxCxHxW", split = ",", description = "Feature maps instead of a variant's.")
        private List<String> shapes;

        @ArgGroup(exclusive = false)
        private Networks networks = new Networks();
    }

    private static final class Networks {
        @Option(names = "--variant", paramLabel = "NAME", split = ",",
                description = "Whose shapes: T0, T1, T2, S, M, L or all (default: T0).")
        private List<String> variants = List.of("T0");

        @Option(names = "--batch", paramLabel = "N", description = "Images in one run (default: 1).")
        private int batch = 1;

        @Option(names = "--size", paramLabel = "HxW", converter = SizeOption.Converter.class,
                description = "Rows and columns of the networks' input (default: 224).")
        private Size size = new Size(224, 224);
    }

    @Override
    Metric primary() {
        return Metric.P50;
    }

    @Override
    void measure(BenchRun run) {
        List<SessionOptions> options = options();
        List<OperatorShape> wanted = operatorShapes();
        List<OpBenchmark.Caches> states = Choice.of(spec, "--caches", caches, OpBenchmark.Caches.class).values();
        Peaks peaks = new Peaks(compute.device(), seed);
        Sampler sampler = new Sampler(sampling.plan(wanted.size() * options.size() * states.size()), run::stopped);
        run.ceilings(peaks, options, threads.values());
        try (OpBenchmark benchmark = new OpBenchmark(sampler, peaks, states, seed)) {
            run.measure(works(benchmark, wanted, options), compute.all());
        }
    }

    private List<SessionOptions> options() {
        return compute.options().stream().flatMap(base -> ThreadsOption.each(base, threads.values())).toList();
    }

    private static List<Work> works(OpBenchmark benchmark, List<OperatorShape> shapes, List<SessionOptions> options) {
        List<Work> works = new ArrayList<>();
        for (OperatorShape shape : shapes) {
            for (SessionOptions wish : options) {
                works.add(new Work(OpBenchmark.subject(shape, wish), () -> benchmark.measure(shape, wish)));
            }
        }
        return works;
    }

    @Override
    List<String> conclusions(Report report) {
        return source.paper ? PaperArgument.sentences(report.measurements()) : List.of();
    }

    private List<OperatorShape> operatorShapes() {
        List<Operator> chosen =
                Choice.of(spec, "--operator", operators, List.of(Operator.values()), Operator::parse).values();
        List<OperatorShape> candidates = candidates();
        List<OperatorShape> wanted = candidates.stream().filter(shape -> chosen.contains(shape.operator())).distinct().toList();
        if (wanted.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--operator " + String.join(",", operators)
                    + ": nothing to measure, the shapes asked for are those of "
                    + candidates.stream().map(shape -> shape.operator().id()).distinct().collect(Collectors.joining(", ")));
        }
        return wanted;
    }

    private List<OperatorShape> candidates() {
        if (source.paper) {
            return OperatorShapes.paper();
        }
        if (source.shapes != null) {
            return source.shapes.stream()
                    .flatMap(text -> OperatorShapes.ofFeatureMap(shape(text), Activation.RELU).stream())
                    .toList();
        }
        List<Variant> networks = Choice.of(spec, "--variant", source.networks.variants, Variant.class).values();
        Size size = source.networks.size;
        return OperatorShapes.of(networks, source.networks.batch, size.height(), size.width());
    }

    private Shape shape(String text) {
        try {
            int[] sizes = Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
            if (sizes.length == 4) {
                return new Shape(sizes[0], sizes[1], sizes[2], sizes[3]);
            }
        } catch (NumberFormatException e) {
            // The sentence below says what is expected.
        }
        throw new ParameterException(
                spec.commandLine(), "Invalid value '" + text + "' for --shape: it is not a shape like 1x96x56x56, N x C x H x W");
    }
}
