package org.fasternet.tools.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.DevicePeaks;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.compute.Precision;
import org.fasternet.tools.bench.op.DeviceProduct;
import org.fasternet.tools.bench.peak.Roofline;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/** What the results of a GPU are a share of: each measured once, when it is asked for first. */
final class DeviceCeilings {
    private static final int ROUNDS = 5;
    private static final Duration ROUND = Duration.ofMillis(5);

    private final DevicePeakBenchmark benchmark;
    private final List<WorkingSet> levels;
    private final Map<Precision, Measurement> rates = new EnumMap<>(Precision.class);
    private final List<Measurement> reads = new ArrayList<>();

    /**
     * @param device its number
     * @param seed of the values that are multiplied
     * @throws org.fasternet.error.UnsupportedException if there is no usable GPU of that number
     */
    DeviceCeilings(int device, long seed) {
        DevicePeaks peaks = new DevicePeaks(device, ROUNDS, ROUND);
        benchmark = new DevicePeakBenchmark(peaks, new DeviceProduct(DevicePeakBenchmark.side(peaks), seed));
        levels = benchmark.levels();
    }

    DevicePeaks peaks() {
        return benchmark.peaks();
    }

    /** Lines of a report. */
    List<Measurement> lines(List<Precision> precisions) {
        List<Measurement> lines = new ArrayList<>();
        precisions.forEach(precision -> lines.add(rate(precision)));
        lines.addAll(reads());
        return lines;
    }

    /** 10^9 operations per second. */
    double gflops(Precision precision) {
        return rate(precision).values().get(Metric.FLOP_RATE);
    }

    /** In true f32 of the registers' multiply-adds: no kernel of a network comes near. */
    private Measurement rate(Precision precision) {
        return rates.computeIfAbsent(precision,
                p -> p == Precision.F32 ? benchmark.measureRegisters() : benchmark.measureProduct(p));
    }

    private List<Measurement> reads() {
        if (reads.isEmpty()) {
            levels.forEach(level -> reads.add(benchmark.measureMemory(MemoryKernel.READ, level)));
        }
        return reads;
    }

    /** The level that holds so many bytes. */
    String holding(long bytes) {
        // A level's working set is half of it.
        return levels.stream().filter(level -> bytes <= 2 * level.bytesPerThread()).map(WorkingSet::level).findFirst()
                .orElse(WorkingSet.MEMORY);
    }

    /** The roofline over the cache and memory, in 10^9 operations and bytes per second. */
    Roofline roofline(double gflops) {
        Map<String, Double> bandwidths = new LinkedHashMap<>();
        reads().forEach(read -> bandwidths.put(read.subject().get(Dimension.LEVEL), read.values().get(Metric.BANDWIDTH)));
        return new Roofline(gflops, bandwidths);
    }
}
