package org.fasternet.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.fasternet.bench.peers.Comparison;
import org.fasternet.bench.peers.Peer;
import org.fasternet.bench.peers.PeerCase;
import org.fasternet.bench.report.Dimension;
import org.fasternet.bench.report.Measurement;
import org.fasternet.bench.report.Metric;
import org.fasternet.bench.timing.Sampler;
import org.fasternet.bench.timing.Samples;
import org.fasternet.tensor.Shape;

/** Measures several libraries on the same network and input, in turn in every round, after their outputs were compared. */
public final class PeersBenchmark {
    private final Sampler sampler;
    private final long seed;

    /** @param seed of the input's values */
    public PeersBenchmark(Sampler sampler, long seed) {
        this.sampler = sampler;
        this.seed = seed;
    }

    /** What the lines of one case have in common. */
    public static Map<Dimension, String> subject(String model, int batch, String size, int threads) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.MODEL, model);
        subject.put(Dimension.BATCH, String.valueOf(batch));
        subject.put(Dimension.SIZE, size);
        subject.put(Dimension.THREADS, String.valueOf(threads));
        return subject;
    }

    /**
     * A line for each peer; ratios are to the first one.
     *
     * @param common what the lines have in common
     * @throws org.fasternet.FasterNetException if a peer cannot run the case or computes something else
     */
    public List<Measurement> measure(Map<Dimension, String> common, List<Peer> peers, PeerCase work) {
        try (Comparison comparison = Comparison.of(peers, work, seed)) {
            List<Comparison.Entry> entries = comparison.entries();
            List<Samples> samples = sampler.alternate(entries.stream().map(entry -> (Runnable) entry.run()).toList());
            double flops = 2.0 * work.network().multiplyAdds(work.src());
            List<Measurement> lines = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                lines.add(line(common, entries.get(i), samples.get(i), samples.get(0), flops, work.src()));
            }
            return lines;
        }
    }

    private static Measurement line(Map<Dimension, String> common, Comparison.Entry entry, Samples samples, Samples reference,
            double flops, Shape src) {
        Map<Dimension, String> subject = new EnumMap<>(common);
        subject.put(Dimension.PEER, entry.peer().name());
        subject.put(Dimension.PRECISION, entry.peer().precision().id());
        Map<Metric, Double> values = Figures.of(samples);
        values.put(Metric.IMAGES_PER_SECOND, src.n() * 1e9 / samples.latency().mean());
        values.put(Metric.FLOPS, flops / 1e9);
        values.put(Metric.FLOP_RATE, flops / samples.latency().p50()); // per nanosecond: in units of 10^9 per second
        values.put(Metric.DIFFERENCE, entry.difference());
        values.put(Metric.RATIO, ratio(samples.medians(), reference.medians()));
        return new Measurement(subject, values, Figures.millis(samples.medians()), null, List.of(entry.peer().version()),
                Figures.warnings(samples));
    }

    /** The median of the rounds' ratios: what the machine does to one round, it does to both. */
    static double ratio(List<Double> medians, List<Double> reference) {
        double[] ratios = IntStream.range(0, Math.min(medians.size(), reference.size()))
                .mapToDouble(round -> medians.get(round) / reference.get(round))
                .sorted().toArray();
        return (ratios[(ratios.length - 1) / 2] + ratios[ratios.length / 2]) / 2;
    }
}
