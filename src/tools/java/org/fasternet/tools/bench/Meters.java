package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.internal.abi.measure.CpuCounters;
import org.fasternet.internal.abi.measure.CpuCounters.Counter;
import org.fasternet.tools.bench.machine.PackageEnergy;
import org.fasternet.tools.bench.report.Metric;

/** What the chip says of runs: its counters and the energy it took. */
public final class Meters {
    /** For so long, since the energy's meters go on a thousand times a second. */
    private static final long NANOS = 1_000_000_000;

    private final PackageEnergy energy = new PackageEnergy();

    /** Why something is not measured here, in a sentence, by what it is. */
    public Map<String, String> missing() {
        Map<String, String> missing = new LinkedHashMap<>();
        try (CpuCounters counters = new CpuCounters()) {
            Map<String, List<String>> counted = new LinkedHashMap<>();
            for (Counter counter : Counter.values()) {
                counters.missing(counter).ifPresent(reason -> counted.computeIfAbsent(reason, r -> new ArrayList<>())
                        .add(metric(counter).heading()));
            }
            counted.forEach((reason, names) -> missing.put(String.join(", ", names), reason));
        }
        energy.unreadable().ifPresent(reason -> missing.put("energy", reason));
        return missing;
    }

    private static Metric metric(Counter counter) {
        return switch (counter) {
            case CYCLES -> Metric.CYCLES;
            case INSTRUCTIONS -> Metric.INSTRUCTIONS;
            case LLC_MISSES -> Metric.LLC_MISSES;
            case CPU_NANOS -> Metric.CPU_TIME;
        };
    }

    /** Figures of runs for a second, as far as they are to be had here. */
    public Map<Metric, Double> measure(int imagesPerRun, Runnable run) {
        boolean energyIsReadable = energy.unreadable().isEmpty();
        try (CpuCounters counters = new CpuCounters()) {
            List<Double> before = energyIsReadable ? energy.read() : List.of();
            int runs = repeat(run);
            double[] counts = counters.read();
            Map<Metric, Double> values = counts(counters, counts, runs);
            double joules = energyIsReadable ? energy.joulesSince(before) : 0;
            if (joules > 0) {
                values.put(Metric.JOULES_PER_IMAGE, joules / runs / imagesPerRun);
                values.put(Metric.IMAGES_PER_JOULE, runs * (double) imagesPerRun / joules);
            }
            return values;
        }
    }

    private static int repeat(Runnable run) {
        long start = System.nanoTime();
        int runs = 0;
        do {
            run.run();
            runs++;
        } while (System.nanoTime() - start < NANOS);
        return runs;
    }

    private static Map<Metric, Double> counts(CpuCounters counters, double[] counts, int runs) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        for (Counter counter : Counter.values()) {
            if (counters.missing(counter).isEmpty()) {
                double unit = counter == Counter.CPU_NANOS ? 1e-6 : 1;
                values.put(metric(counter), counts[counter.ordinal()] / runs * unit);
            }
        }
        double nanos = counts[Counter.CPU_NANOS.ordinal()];
        if (values.containsKey(Metric.CYCLES) && nanos > 0) {
            values.put(Metric.FREQUENCY, counts[Counter.CYCLES.ordinal()] / nanos);
        }
        return values;
    }
}
