package org.fasternet.tools.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.tools.bench.peak.Bandwidth;
import org.fasternet.tools.bench.peak.ComputePeak;
import org.fasternet.tools.bench.peak.NumberType;
import org.fasternet.tools.bench.peak.Rates;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/** Peaks as lines of a report. */
public final class PeakBenchmark {
    private static final double GIGA = 1e9;

    private PeakBenchmark() {}

    public static Map<Dimension, String> subject(String isa, NumberType type, int threads) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.KIND, "multiply-adds");
        subject.put(Dimension.ISA, isa);
        subject.put(Dimension.PRECISION, type.id());
        subject.put(Dimension.THREADS, String.valueOf(threads));
        return subject;
    }

    public static Map<Dimension, String> subject(MemoryKernel kernel, WorkingSet set, String isa, int threads) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.KIND, kernel.id());
        subject.put(Dimension.LEVEL, set.level());
        subject.put(Dimension.ISA, isa);
        subject.put(Dimension.THREADS, String.valueOf(threads));
        return subject;
    }

    public static Measurement line(ComputePeak peak) {
        return line(subject(peak.isa(), peak.type(), peak.threads()), Metric.FLOP_RATE, peak.operations(),
                List.of(peak.instruction()));
    }

    public static Measurement line(Bandwidth bandwidth) {
        return line(subject(bandwidth.kernel(), bandwidth.workingSet(), bandwidth.isa(), bandwidth.threads()),
                Metric.BANDWIDTH, bandwidth.bytes(), List.of());
    }

    static Measurement line(Map<Dimension, String> subject, Metric metric, Rates rates, List<String> implementations) {
        List<Double> rounds = rates.perSecond().stream().map(rate -> rate / GIGA).toList();
        return new Measurement(subject, Map.of(metric, rates.best() / GIGA), metric, rounds, null, implementations,
                Figures.spread(rounds));
    }
}
