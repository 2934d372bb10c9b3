package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fasternet.tools.bench.op.Operator;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/**
 * What the paper argues (Chen et al., "Run, Don't Walk", CVPR 2023, section 3.1), in figures of this machine: latency is FLOPs
 * divided by FLOP/s, and operators that save FLOPs by many memory accesses lose FLOP/s.
 */
public final class PaperArgument {
    private PaperArgument() {}

    /** A sentence per operator and feature map, which relates it to the regular convolution there, by lines that are not cold. */
    public static List<String> sentences(List<Measurement> measurements) {
        String cold = OpBenchmark.Caches.COLD.id();
        List<Measurement> lines =
                measurements.stream().filter(line -> !cold.equals(line.subject().get(Dimension.CACHES))).toList();
        Map<String, Measurement> regular = new LinkedHashMap<>();
        lines.stream().filter(line -> is(line, Operator.CONV))
                .forEach(line -> regular.merge(key(line), line, PaperArgument::faster));
        List<String> sentences = new ArrayList<>();
        for (Measurement line : lines) {
            Measurement whole = regular.get(key(line));
            if (whole != null && !is(line, Operator.CONV)) {
                sentences.add(sentence(line, whole));
            }
        }
        return sentences;
    }

    private static boolean is(Measurement line, Operator operator) {
        return operator.id().equals(line.subject().get(Dimension.OPERATOR));
    }

    /** What lines must have in common to be compared. */
    private static String key(Measurement line) {
        return String.join(" ", line.subject().get(Dimension.SHAPE), line.subject().get(Dimension.PRECISION),
                line.subject().get(Dimension.THREADS));
    }

    private static Measurement faster(Measurement a, Measurement b) {
        return a.values().get(Metric.P50) <= b.values().get(Metric.P50) ? a : b;
    }

    private static String sentence(Measurement line, Measurement regular) {
        return String.format(Locale.ROOT,
                "%s: %s (%s) does 1/%.0f of the work of %s in 1/%.1f of its time: %.1f GFLOP/s, %.0f %% of its %.1f",
                line.subject().get(Dimension.SHAPE), line.subject().get(Dimension.OPERATOR),
                line.subject().get(Dimension.BACKEND),
                quotient(regular, line, Metric.FLOPS), Operator.CONV.id(), quotient(regular, line, Metric.P50),
                line.values().get(Metric.FLOP_RATE), 100 * quotient(line, regular, Metric.FLOP_RATE),
                regular.values().get(Metric.FLOP_RATE));
    }

    private static double quotient(Measurement a, Measurement b, Metric metric) {
        return a.values().get(metric) / b.values().get(metric);
    }
}
