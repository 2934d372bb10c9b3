package org.fasternet.tools.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.fasternet.DevicePeaks;
import org.fasternet.Hardware;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tools.bench.DevicePeakBenchmark;
import org.fasternet.tools.bench.PeakBenchmark;
import org.fasternet.tools.bench.op.DeviceProduct;
import org.fasternet.tools.bench.peak.NumberType;
import org.fasternet.tools.bench.peak.PeakMeter;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.EnvironmentProbe;
import org.fasternet.tools.bench.report.Metric;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet bench peak}. */
@Command(
        name = "peak",
        description = {
            "Measures what this machine can do at most: multiply-adds on registers, and",
            "bytes per second from each cache and from memory. The best of the rounds.",
            "On a GPU, a large product of matrices by the fastest kernel there is too."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench peak",
            "  fasternet bench peak --threads all --html peak.html",
            "  fasternet bench peak --isa avx2 --precision f32,int8 --kernel triad",
            "  fasternet bench peak --backend cudnn --precision f16 --json h100.json"
        })
final class BenchPeakCommand extends Benchmark {
    private static final int ROUNDS = 10;
    private static final Duration QUICK_ROUND = Duration.ofMillis(5);
    private static final String ON_CPU = "fused";
    private static final String ON_GPU = DeviceProduct.BACKEND;
    /** Four times its square are elements of a buffer, which can have 2^31 - 1 bytes. */
    private static final int MOST_SIDE = 11520;

    @Option(names = "--backend", paramLabel = "NAME", description = "fused for the CPU, cudnn for a GPU (default: fused).")
    private String backend = ON_CPU;

    @Option(names = "--isa", paramLabel = "NAME", split = ",", description = "Instruction sets (default: all there are here).")
    private List<String> isas;

    @Option(names = "--precision", paramLabel = "NAME", split = ",",
            description = "${bundle:types}, on a GPU ${bundle:gpu-precisions}, or all (default: all).")
    private List<String> precisions = List.of("all");

    @Option(names = "--kernel", paramLabel = "NAME", split = ",",
            description = "Ways to move memory: read, write, copy, triad or all (default: all).")
    private List<String> kernels = List.of("all");

    @Mixin
    private ThreadsOption threads;

    @Option(names = "--device", paramLabel = "N", description = "Which of the GPUs, from 0 in CUDA's order (default: the first).")
    private Integer device;

    @Option(names = "--side", paramLabel = "N", description = {
        "The GPU multiplies a matrix of 4N x N by one of N x N, N a",
        "multiple of " + DeviceProduct.UNIT + " (default: eight times what its cache holds)."})
    private Integer side;

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
        Choice<MemoryKernel> kernel = Choice.of(spec, "--kernel", kernels, MemoryKernel.class);
        Duration length = quick ? QUICK_ROUND : round;
        switch (backend) {
            case ON_CPU -> {
                refuse("the CPU", Map.of("--device", device != null, "--side", side != null));
                measureCpu(run, kernel.values(), new PeakMeter(ROUNDS, length));
            }
            case ON_GPU -> {
                refuse("a GPU", Map.of("--isa", isas != null, "--threads", threads.given()));
                measureGpu(run, kernel.values(), new DevicePeaks(device == null ? 0 : device, ROUNDS, length));
            }
            default -> throw new ParameterException(spec.commandLine(), "Invalid value '" + backend + "' for --backend: " + ON_CPU
                    + " measures the CPU and " + ON_GPU + " a GPU");
        }
    }

    /** What was given and means nothing there. */
    private void refuse(String there, Map<String, Boolean> given) {
        given.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).sorted().findFirst().ifPresent(option -> {
            throw new ParameterException(spec.commandLine(), option + " has no meaning on " + there + ", which --backend " + backend
                    + " measures");
        });
    }

    private void measureCpu(BenchRun run, List<MemoryKernel> kernel, PeakMeter meter) {
        Hardware hardware = Hardware.detect();
        Choice<String> isa = Choice.of(spec, "--isa", isas == null ? List.of("all") : isas, hardware.isas(), name -> name);
        Choice<NumberType> type = Choice.of(spec, "--precision", precisions, NumberType.all(), NumberType::parse);
        // Of those named the one that asks most of a CPU, with the widest loads and stores.
        String widest = Collections.max(isa.values(), Comparator.comparingInt(hardware.isas()::indexOf));
        List<Work> works = new ArrayList<>();
        for (int count : threads.values()) {
            for (String name : isa.values()) {
                type.values().forEach(t -> works.add(Work.line(PeakBenchmark.subject(name, t, count),
                        () -> PeakBenchmark.line(meter.compute(name, t, count)))));
            }
            List<WorkingSet> levels = WorkingSet.levels(hardware.cacheBytes(), count, EnvironmentProbe.memoryBytes());
            for (MemoryKernel way : kernel) {
                levels.forEach(set -> works.add(Work.line(PeakBenchmark.subject(way, set, widest, count),
                        () -> PeakBenchmark.line(meter.bandwidth(widest, way, set, count)))));
            }
        }
        run.measure(works, isa.all() || type.all());
    }

    private static Precision onGpu(String name) {
        Precision precision = Precision.parse(name);
        if (!Precision.on(Processor.GPU).contains(precision)) {
            throw new UnsupportedException("a GPU has no kernels for it here");
        }
        return precision;
    }

    private void measureGpu(BenchRun run, List<MemoryKernel> kernel, DevicePeaks peaks) {
        Choice<Precision> precision = Choice.of(
                spec, "--precision", precisions, Precision.on(Processor.GPU), BenchPeakCommand::onGpu);
        int n = side == null ? DevicePeakBenchmark.side(peaks) : side;
        if (n < DeviceProduct.UNIT || n > MOST_SIDE || n % DeviceProduct.UNIT != 0) {
            throw new ParameterException(spec.commandLine(), "--side is " + n + ": a multiple of " + DeviceProduct.UNIT + " up to "
                    + MOST_SIDE + " is expected");
        }
        DevicePeakBenchmark benchmark = new DevicePeakBenchmark(peaks, new DeviceProduct(n, seed));
        List<Work> works = new ArrayList<>();
        if (precision.values().contains(Precision.F32)) {
            works.add(Work.line(DevicePeakBenchmark.registers(), benchmark::measureRegisters));
        }
        precision.values().forEach(p -> works.add(Work.line(DevicePeakBenchmark.product(p), () -> benchmark.measureProduct(p))));
        List<WorkingSet> levels = benchmark.levels();
        for (MemoryKernel way : kernel) {
            levels.forEach(set -> works.add(
                    Work.line(DevicePeakBenchmark.memory(way, set), () -> benchmark.measureMemory(way, set))));
        }
        run.measure(works, precision.all());
    }
}
