package org.fasternet.tools.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.fasternet.Hardware;
import org.fasternet.tools.bench.PeakBenchmark;
import org.fasternet.tools.bench.peak.MemoryKernel;
import org.fasternet.tools.bench.peak.NumberType;
import org.fasternet.tools.bench.peak.PeakMeter;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.EnvironmentProbe;
import org.fasternet.tools.bench.report.Metric;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet bench peak}. */
@Command(
        name = "peak",
        description = {
            "Measures what this machine can do at most: multiply-adds on registers, and",
            "bytes per second from each cache and from memory. The best of the rounds."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench peak",
            "  fasternet bench peak --threads all --html peak.html",
            "  fasternet bench peak --isa avx2 --precision f32,int8 --kernel triad"
        })
final class BenchPeakCommand extends Benchmark {
    private static final int ROUNDS = 10;
    private static final Duration QUICK_ROUND = Duration.ofMillis(5);

    @Option(names = "--isa", paramLabel = "NAME", split = ",", description = "Instruction sets (default: all there are here).")
    private List<String> isas = List.of("all");

    @Option(names = "--precision", paramLabel = "NAME", split = ",", 
            description = "${bundle:types} or all (default: all).")
    private List<String> precisions = List.of("all");

    @Option(names = "--kernel", paramLabel = "NAME", split = ",",
            description = "Ways to move memory: read, write, copy, triad or all (default: all).")
    private List<String> kernels = List.of("all");

    @Mixin
    private ThreadsOption threads;

    @Option(names = "--round", paramLabel = "TIME", converter = SamplingOptions.Time.class,
            description = "Length of each of the " + ROUNDS + " rounds (default: 20ms).")
    private Duration round = Duration.ofMillis(20);

    @Option(names = "--quick", description = "Rounds of 5 ms, for a first look.")
    private boolean quick;

    @Override
    Metric primary() {
        return Metric.FLOP_RATE;
    }

    @Override
    void measure(BenchRun run) {
        Hardware hardware = Hardware.detect();
        Choice<String> isa = Choice.of(spec, "--isa", isas, hardware.isas(), name -> name);
        Choice<NumberType> type = Choice.of(spec, "--precision", precisions, NumberType.all(), NumberType::parse);
        Choice<MemoryKernel> kernel = Choice.of(spec, "--kernel", kernels, MemoryKernel.class);
        PeakMeter meter = new PeakMeter(ROUNDS, quick ? QUICK_ROUND : round);
        // Of those named the one that asks most of a CPU, with the widest loads and stores.
        String widest = Collections.max(isa.values(), Comparator.comparingInt(hardware.isas()::indexOf));
        List<Work> works = new ArrayList<>();
        for (int count : threads.values()) {
            for (String name : isa.values()) {
                type.values().forEach(t -> works.add(Work.line(PeakBenchmark.subject(name, t, count),
                        () -> PeakBenchmark.line(meter.compute(name, t, count)))));
            }
            List<WorkingSet> levels = WorkingSet.levels(hardware.cacheBytes(), count, EnvironmentProbe.memoryBytes());
            for (MemoryKernel way : kernel.values()) {
                levels.forEach(set -> works.add(Work.line(PeakBenchmark.subject(way, set, widest, count),
                        () -> PeakBenchmark.line(meter.bandwidth(widest, way, set, count)))));
            }
        }
        run.measure(works, isa.all() || type.all());
    }
}
