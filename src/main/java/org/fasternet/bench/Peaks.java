package org.fasternet.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.fasternet.ExecutionPlan;
import org.fasternet.Hardware;
import org.fasternet.Precision;
import org.fasternet.bench.peak.MemoryKernel;
import org.fasternet.bench.peak.NumberType;
import org.fasternet.bench.peak.PeakMeter;
import org.fasternet.bench.peak.WorkingSet;
import org.fasternet.bench.report.EnvironmentProbe;
import org.fasternet.bench.report.Measurement;
import org.fasternet.bench.timing.Samples;

/** What other results are a share of: multiply-adds on registers, measured when it is asked for, as clocks change by the minute. */
public final class Peaks {
    private static final PeakMeter METER = new PeakMeter(5, Duration.ofMillis(2));
    private static final double GIGA = 1e9;

    private final List<String> isas = Hardware.detect().isas();
    private final int cpus = Hardware.detect().cpus().affinity();
    private final List<Long> cacheBytes = Hardware.detect().cacheBytes();

    /** Lines of a report: multiply-adds in each precision, and reading from each level of memory, by the best ISA. */
    public List<Measurement> ceilings(List<Precision> precisions, List<Integer> threads) {
        List<Measurement> lines = new ArrayList<>();
        for (int count : threads.stream().filter(count -> count <= cpus).toList()) {
            for (Precision precision : precisions) {
                NumberType type = NumberType.valueOf(precision.name());
                best(isas, type).ifPresent(isa -> lines.add(PeakBenchmark.line(METER.compute(isa, type, count))));
            }
            String widest = isas.get(isas.size() - 1);
            WorkingSet.levels(cacheBytes, count, EnvironmentProbe.memoryBytes()).forEach(set ->
                    lines.add(PeakBenchmark.line(METER.bandwidth(widest, MemoryKernel.READ, set, count))));
        }
        return lines;
    }

    private static Optional<String> best(List<String> isas, NumberType type) {
        return isas.stream().filter(isa -> PeakMeter.instruction(isa, type).isPresent()).reduce((worse, better) -> better);
    }

    /**
     * @param samples taken with the peak measured before and after
     * @param gflops the higher of the two peaks, {@link #gflops}
     */
    public record Peaked(Samples samples, OptionalDouble gflops) {}

    /** Measures the peak, takes samples of what runs as the plan says, and measures the peak again. */
    public Peaked around(ExecutionPlan plan, Supplier<Samples> sampling) {
        OptionalDouble before = gflops(plan);
        Samples samples = sampling.get();
        OptionalDouble after = gflops(plan);
        return new Peaked(samples, before.isEmpty() || before.getAsDouble() > after.getAsDouble() ? before : after);
    }

    /**
     * 10^9 operations per second of as many threads as the plan has, in its precision. The ISA is the plan's if it is one of
     * {@link Hardware#isas}, else the best for the precision. Empty if no ISA has the precision's instruction, and if there are
     * more threads than CPUs.
     */
    OptionalDouble gflops(ExecutionPlan plan) {
        NumberType type = NumberType.valueOf(plan.precision().name());
        List<String> candidates = isas.contains(plan.isa()) ? List.of(plan.isa()) : isas;
        return best(candidates, type)
                .filter(isa -> plan.threads() <= cpus)
                .map(isa -> OptionalDouble.of(METER.compute(isa, type, plan.threads()).operations().best() / GIGA))
                .orElse(OptionalDouble.empty());
    }
}
