package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/** Lines of a report on where the time of a network's runs went. */
final class StepLines {
    private final ExecutionPlan plan;
    private final ProfiledRuns.Medians medians;
    private final int threads;
    private final List<Measurement> lines = new ArrayList<>();
    private final Map<Metric, Double> whole = new EnumMap<>(Metric.class);

    /**
     * @param subject of the whole network's line
     * @param attainable the most operations per second, in units of 10^9, at an intensity; NaN if it is not known
     */
    StepLines(
            Map<Dimension, String> subject, ExecutionPlan plan, ProfiledRuns runs, ProfiledRuns.Medians medians,
            DoubleUnaryOperator attainable) {
        this.plan = plan;
        this.medians = medians;
        threads = runs.threads();
        double sum = IntStream.range(0, plan.steps().size()).mapToDouble(medians::step).sum();
        for (int step = 0; step < plan.steps().size(); step++) {
            Map<Metric, Double> values = new EnumMap<>(Metric.class);
            double nanos = medians.step(step);
            values.put(Metric.P50, nanos / 1e6);
            values.put(Metric.STEP_SHARE, 100 * nanos / sum);
            putRates(values, step, nanos, attainable);
            List<Double> busy = putThreads(values, step, nanos);
            lines.add(new Measurement(named(subject, step), values, null, Figures.millis(medians.rounds(step)), null,
                    List.of(plan.steps().get(step).implementation()), List.of(), busy));
        }
        putWhole();
    }

    private Map<Dimension, String> named(Map<Dimension, String> subject, int step) {
        Map<Dimension, String> named = new EnumMap<>(subject);
        named.put(Dimension.STEP, plan.steps().get(step).label());
        return named;
    }

    private void putRates(Map<Metric, Double> values, int step, double nanos, DoubleUnaryOperator attainable) {
        Cost cost = Cost.of(plan, step);
        values.put(Metric.FLOPS, cost.flops() / 1e9);
        values.put(Metric.BYTES_MOVED, cost.bytes() / 1e6);
        values.put(Metric.INTENSITY, cost.flops() / cost.bytes());
        if (nanos > 0) {
            values.put(Metric.FLOP_RATE, cost.flops() / nanos);
            values.put(Metric.BANDWIDTH, cost.bytes() / nanos);
            double most = attainable.applyAsDouble(cost.flops() / cost.bytes());
            if (cost.flops() > 0 && !Double.isNaN(most)) {
                values.put(Metric.ROOF_SHARE, 100 * cost.flops() / nanos / most);
            }
        }
    }

    /** Returns the milliseconds that each thread computed; null if they are not known. */
    private List<Double> putThreads(Map<Metric, Double> values, int step, double nanos) {
        if (threads == 0) {
            return null;
        }
        double[] busy = IntStream.range(0, threads).mapToDouble(thread -> medians.busy(step, thread)).toArray();
        double mean = IntStream.range(0, threads).mapToDouble(thread -> busy[thread]).average().orElseThrow();
        double most = IntStream.range(0, threads).mapToDouble(thread -> busy[thread]).max().orElseThrow();
        if (nanos > 0) {
            values.put(Metric.BUSY, Math.min(100, 100 * mean / nanos));
        }
        values.put(Metric.IMBALANCE, (most - mean) / 1e6);
        values.put(Metric.BARRIER, Math.max(0, nanos - most) / 1e6);
        return IntStream.range(0, threads).mapToObj(thread -> busy[thread] / 1e6).toList();
    }

    private void putWhole() {
        if (threads == 0) {
            return;
        }
        for (Metric metric : List.of(Metric.IMBALANCE, Metric.BARRIER)) {
            whole.put(metric, lines.stream().mapToDouble(line -> line.values().get(metric)).sum());
        }
        double busy = IntStream.range(0, threads).mapToDouble(medians::busy).average().orElseThrow();
        if (medians.whole() > 0) {
            whole.put(Metric.BUSY, Math.min(100, 100 * busy / medians.whole()));
        }
    }

    /** One for each step, in the plan's order. */
    List<Measurement> lines() {
        return lines;
    }

    /** What they tell of the whole network. */
    Map<Metric, Double> whole() {
        return whole;
    }

    /** Milliseconds that each thread computed in a run; null if they are not known. */
    List<Double> busyMillis() {
        return threads == 0 ? null : IntStream.range(0, threads).mapToObj(thread -> medians.busy(thread) / 1e6).toList();
    }
}
