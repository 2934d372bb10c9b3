package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fasternet.SessionOptions.Size;
import org.fasternet.Variant;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tools.bench.Peaks;
import org.fasternet.tools.bench.PeersBenchmark;
import org.fasternet.tools.bench.peers.Peer;
import org.fasternet.tools.bench.peers.PeerCase;
import org.fasternet.tools.bench.peers.Peers;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.cli.SizeOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet bench peers}. */
@Command(
        name = "peers",
        description = {
            "Measures this library beside others: the same weights, input and threads, in",
            "turn in every round, once their outputs are seen to agree. The others' jars come",
            "with FASTERNET_PEERS=1 native/fasternet, or Maven's profile 'peers'."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench peers",
            "  fasternet bench peers --variant T0,T2 --peer fused,onnxruntime --threads all",
            "  fasternet bench peers --variant S --batch 1,8 --html peers.html"
        })
final class BenchPeersCommand extends Benchmark {
    @Option(names = "--variant", paramLabel = "NAME", split = ",", description = "T0, T1, T2, S, M, L or all (default: T0).")
    private List<String> variants = List.of("T0");

    @Option(names = "--peer", paramLabel = "NAME", split = ",",
            description = "fused, onednn, onnxruntime, pytorch or all of these, or cudnn; ratios are to the first (default: all).")
    private List<String> peers = List.of("all");

    @Option(names = "--precision", paramLabel = "NAME", split = ",",
            description = "${bundle:precisions} or all on the CPU; of others, ONNX Runtime has int8 too (default: f32).")
    private List<String> precisions = List.of("f32");

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Images in one run; all: 1, 2, 4... 32 (default: 1).")
    private List<String> batches = List.of("1");

    @Option(names = "--size", paramLabel = "HxW", converter = SizeOption.Converter.class,
            description = "Rows and columns of the input (default: 224).")
    private Size size = new Size(224, 224);

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
        List<Variant> networks = Choice.of(spec, "--variant", variants, Variant.class).values();
        List<Peer> chosen = peers(run);
        boolean quantized = chosen.stream().anyMatch(peer -> peer.precision().needsScales());
        List<Integer> batch = Choice.batches(spec, batches).values();
        List<Integer> counts = threads.values();
        int things = networks.size() * batch.size() * counts.size() * chosen.size();
        PeersBenchmark benchmark = new PeersBenchmark(new Sampler(sampling.plan(things), run::stopped), new Peaks(0, seed), seed);
        List<Work> works = new ArrayList<>();
        for (Variant variant : networks) {
            for (int images : batch) {
                for (int count : counts) {
                    Map<Dimension, String> subject =
                            PeersBenchmark.subject(variant.name(), images, size.height() + "x" + size.width(), count);
                    works.add(new Work(subject, () -> benchmark.measure(subject, chosen, PeerCase.of(
                            NamedNetwork.random(variant, seed, quantized), images, size.height(), size.width(), count))));
                }
            }
        }
        run.measure(works, false);
    }

    private static List<String> names(Set<Processor> processors) {
        return Peers.all().stream().filter(peer -> processors.contains(peer.processor())).map(Peer::name).distinct().toList();
    }

    /** Those that can be used; the others are skipped if they were not named. */
    private List<Peer> peers(BenchRun run) {
        Choice<String> name = Choice.names(
                spec, "--peer", peers, names(EnumSet.of(Processor.CPU)), names(EnumSet.allOf(Processor.class)));
        Choice<Precision> precision = Choice.precisions(spec, precisions);
        List<Peer> usable = new ArrayList<>();
        for (String wanted : name.values()) {
            List<Peer> meant = Peers.all().stream()
                    .filter(peer -> peer.name().equals(wanted) && precision.values().contains(peer.precision())).toList();
            if (meant.isEmpty()) {
                String reason = "it is not measured in " + String.join(" or ", precision.values().stream().map(Precision::id).toList());
                leaveOut(run, name.all(), Map.of(Dimension.PEER, wanted), wanted, reason);
            }
            for (Peer peer : meant) {
                Optional<String> reason = peer.unavailable();
                if (reason.isEmpty()) {
                    usable.add(peer);
                } else {
                    leaveOut(run, name.all() || precision.all(),
                            Map.of(Dimension.PEER, wanted, Dimension.PRECISION, peer.precision().id()), wanted, reason.get());
                }
            }
        }
        if (usable.isEmpty()) {
            throw new UnsupportedException("none of the peers computes in the precision asked for");
        }
        return usable;
    }

    /** @param skip whether it was not named */
    private static void leaveOut(BenchRun run, boolean skip, Map<Dimension, String> subject, String peer, String reason) {
        if (!skip) {
            throw new UnsupportedException(peer + ": " + reason);
        }
        run.skip(subject, reason);
    }
}
