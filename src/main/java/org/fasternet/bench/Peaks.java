package org.fasternet.bench;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.fasternet.ExecutionPlan;
import org.fasternet.Hardware;
import org.fasternet.bench.peak.NumberType;
import org.fasternet.bench.peak.PeakMeter;

/** What other results are a share of: multiply-adds on registers, measured when it is asked for, as clocks change by the minute. */
public final class Peaks {
    private static final PeakMeter METER = new PeakMeter(5, Duration.ofMillis(2));
    private static final double GIGA = 1e9;

    private final List<String> isas = Hardware.detect().isas();
    private final int cpus = Hardware.detect().cpus().affinity();

    /**
     * 10^9 operations per second of as many threads as the plan has, in its precision. The ISA is the plan's if it is one of
     * {@link Hardware#isas}, else the best for the precision. Empty if no ISA has the precision's instruction, and if there are
     * more threads than CPUs.
     */
    public OptionalDouble gflops(ExecutionPlan plan) {
        NumberType type = NumberType.valueOf(plan.precision().name());
        List<String> candidates = isas.contains(plan.isa()) ? List.of(plan.isa()) : isas;
        return candidates.stream()
                .filter(isa -> PeakMeter.instruction(isa, type).isPresent() && plan.threads() <= cpus)
                .reduce((worse, better) -> better)
                .map(isa -> OptionalDouble.of(METER.compute(isa, type, plan.threads()).operations().best() / GIGA))
                .orElse(OptionalDouble.empty());
    }
}
