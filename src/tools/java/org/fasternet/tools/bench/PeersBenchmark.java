package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.fasternet.compute.Precision;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.compare.RatioOfMedians;
import org.fasternet.tools.bench.peers.AgreeingPeers;
import org.fasternet.tools.bench.peers.Peer;
import org.fasternet.tools.bench.peers.PeerCase;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.timing.Latency;
import org.fasternet.tools.bench.timing.Sampler;
import org.fasternet.tools.bench.timing.Samples;

/** Measures several libraries on the same network and input, in turn in every round, after their outputs were compared. */
public final class PeersBenchmark {
    private final Sampler sampler;
    private final Peaks peaks;
    private final long seed;

    /** @param seed of the input's values */
    public PeersBenchmark(Sampler sampler, Peaks peaks, long seed) {
        this.sampler = sampler;
        this.peaks = peaks;
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
     * @throws org.fasternet.error.FasterNetException if a peer cannot run the case or computes something else
     */
    public List<Measurement> measure(Map<Dimension, String> common, List<Peer> peers, PeerCase work) {
        try (AgreeingPeers agreeing = AgreeingPeers.of(peers, work, seed)) {
            List<AgreeingPeers.Entry> entries = agreeing.entries();
            // Whatever they use of it, the CPU's f32 is what all have; of narrower ones, no peak is measured here.
            Peaks.Peaked<List<Samples>> peaked = peaks.around(peaks.bestIsa(Precision.F32), Precision.F32, work.threads(),
                    () -> sampler.alternate(entries.stream().map(entry -> (Runnable) entry.run()).toList()));
            List<Samples> samples = peaked.result();
            List<Measurement> lines = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                Map<Metric, Double> values = Figures.of(samples.get(i));
                values.putAll(rates(work, entries.get(i).peer().precision(), samples.get(i).latency(), peaked.gflops()));
                values.put(Metric.RATIO, RatioOfMedians.ofRounds(samples.get(i).medians(), samples.get(0).medians()));
                lines.add(line(common, entries.get(i), samples.get(i), values));
            }
            return lines;
        }
    }

    private static Map<Metric, Double> rates(PeerCase work, Precision precision, Latency latency, OptionalDouble f32Peak) {
        Shape src = work.src();
        Cost cost = Cost.of(work.network(), src, List.of(new Shape(src.n(), work.outputs(), 1, 1)), precision);
        Map<Metric, Double> values =
                Figures.rates(latency, cost, precision == Precision.F32 ? f32Peak : OptionalDouble.empty());
        values.put(Metric.IMAGES_PER_SECOND, src.n() * 1e9 / latency.mean());
        return values;
    }

    private static Measurement line(
            Map<Dimension, String> common, AgreeingPeers.Entry entry, Samples samples, Map<Metric, Double> values) {
        Map<Dimension, String> subject = new EnumMap<>(common);
        subject.put(Dimension.PEER, entry.peer().name());
        subject.put(Dimension.PRECISION, entry.peer().precision().id());
        values.put(Metric.DIFFERENCE, entry.difference());
        return new Measurement(subject, values, Figures.millis(samples.medians()), null, List.of(entry.peer().version()),
                Figures.warnings(samples));
    }
}
