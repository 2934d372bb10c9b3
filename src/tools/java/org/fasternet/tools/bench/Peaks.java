package org.fasternet.tools.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.fasternet.DevicePeaks;
import org.fasternet.Hardware;
import org.fasternet.Library;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.tools.bench.peak.Bandwidth;
import org.fasternet.tools.bench.peak.NumberType;
import org.fasternet.tools.bench.peak.PeakMeter;
import org.fasternet.tools.bench.peak.Roofline;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.EnvironmentProbe;
import org.fasternet.tools.bench.report.Measurement;

/** What other results are a share of: multiply-adds on registers, measured when asked for, as clocks change by the minute. */
public final class Peaks {
    private static final PeakMeter METER = new PeakMeter(5, Duration.ofMillis(2));
    private static final double GIGA = 1e9;
    /**
     * Instruction sets of oneDNN whose multiply-adds are those of one of ours. SVE is not measured, and AVX and SSE have
     * none.
     */
    private static final Map<String, String> ONEDNN_ISAS = Map.of(
            "avx2_vnni", "avx2_vnni",
            "avx512_core", "avx512",
            "avx512_core_vnni", "avx512_vnni",
            "avx512_core_bf16", "avx512_bf16",
            "avx512_core_fp16", "avx512_bf16");
    /** AMX multiplies tiles of 16 and 8 bits, which is not measured: f32 stays with AVX-512's vectors. */
    private static final String ONEDNN_AMX = "avx512_core_amx";

    private final Hardware hardware = Hardware.detect();
    private final List<String> isas = hardware.isas();
    private final int cpus = hardware.cpus().affinity();
    private final int device;
    private final long seed;
    /** Null until it is asked for. */
    private DeviceCeilings gpu;
    /** By the number of threads, nearest level first. */
    private final Map<Integer, List<Bandwidth>> bandwidths = new HashMap<>();

    /**
     * @param device the GPU of those results that are a GPU's
     * @param seed of what is multiplied there
     */
    public Peaks(int device, long seed) {
        this.device = device;
        this.seed = seed;
    }

    /**
     * Lines of a report on what limits sessions or kernels of these options: multiply-adds in each precision, and reading from each
     * level of memory, by the best ISA of the CPU, and on the GPU.
     */
    public List<Measurement> ceilings(List<SessionOptions> options, List<Integer> threads) {
        List<Measurement> lines = new ArrayList<>();
        List<Precision> onCpu = precisions(options, Processor.CPU);
        for (int count : threads.stream().filter(count -> count <= cpus && !onCpu.isEmpty()).toList()) {
            for (Precision precision : onCpu) {
                bestIsa(precision).ifPresent(
                        isa -> lines.add(PeakBenchmark.line(METER.compute(isa, type(precision).orElseThrow(), count))));
            }
            bandwidths(count).forEach(bandwidth -> lines.add(PeakBenchmark.line(bandwidth)));
        }
        List<Precision> onGpu = precisions(options, Processor.GPU);
        if (!onGpu.isEmpty()) {
            lines.addAll(gpu().lines(onGpu));
        }
        return lines;
    }

    /** In which a back end of the processor that can be used here will compute. */
    private static List<Precision> precisions(List<SessionOptions> options, Processor processor) {
        return options.stream()
                .filter(wish -> onGpu(wish) == (processor == Processor.GPU) && (wish.backend().equals(SessionOptions.AUTO)
                        || Library.backend(wish.backend()).refuses(wish.precision()).isEmpty()))
                .map(SessionOptions::precision).distinct().toList();
    }

    /** Whether the back end asked for computes on a GPU: {@code auto} never does. */
    public static boolean onGpu(SessionOptions options) {
        return !options.backend().equals(SessionOptions.AUTO)
                && Library.backend(options.backend()).processor() == Processor.GPU;
    }

    /** What measures the GPU. */
    DevicePeaks devicePeaks() {
        return gpu().peaks();
    }

    private DeviceCeilings gpu() {
        if (gpu == null) {
            gpu = new DeviceCeilings(device, seed);
        }
        return gpu;
    }

    /** Whether a GPU computes: then the rates are those from its memory to its memory. */
    static boolean onGpu(ExecutionPlan plan) {
        return Library.backend(plan.backend()).processor() == Processor.GPU;
    }

    /** Of reading; measured once, so that the shares in a report refer to the ceilings that it shows. */
    private List<Bandwidth> bandwidths(int threads) {
        return bandwidths.computeIfAbsent(threads, count ->
                WorkingSet.levels(hardware.cacheBytes(), count, EnvironmentProbe.memoryBytes()).stream()
                        .map(set -> METER.bandwidth(isas.get(isas.size() - 1), MemoryKernel.READ, set, count))
                        .toList());
    }

    private static Optional<NumberType> type(Precision precision) {
        return NumberType.of(precision.id());
    }

    /** The most demanding ISA that has multiply-adds in this precision. */
    public Optional<String> bestIsa(Precision precision) {
        return type(precision).flatMap(type ->
                isas.stream().filter(isa -> PeakMeter.instruction(isa, type).isPresent()).reduce((worse, better) -> better));
    }

    /** The ISA of ours that has the multiply-adds of a plan; empty if there is none, so that no peak of it is known. */
    static Optional<String> isaOf(ExecutionPlan plan, List<String> isas) {
        String isa = plan.isa().startsWith(ONEDNN_AMX) && plan.precision() == Precision.F32
                ? "avx512"
                : ONEDNN_ISAS.getOrDefault(plan.isa(), plan.isa());
        return Optional.of(isa).filter(isas::contains);
    }

    /**
     * @param result of what was measured with the peak before and after
     * @param gflops the higher of the two peaks, in 10^9 operations per second; empty if it is not known
     */
    public record Peaked<T>(T result, OptionalDouble gflops) {}

    /** Measures the peak of what runs as the plan says before and after it is measured; a GPU's once. */
    public <T> Peaked<T> around(ExecutionPlan plan, Supplier<T> measuring) {
        if (onGpu(plan)) {
            double gflops = gpu().gflops(plan.precision());
            return new Peaked<>(measuring.get(), OptionalDouble.of(gflops));
        }
        return around(isaOf(plan, isas), plan.precision(), plan.threads(), measuring);
    }

    /** @param isa whose peak; empty: it is not known */
    public <T> Peaked<T> around(Optional<String> isa, Precision precision, int threads, Supplier<T> measuring) {
        Optional<NumberType> type = type(precision);
        Optional<String> measured = isa.filter(name -> threads <= cpus
                && type.isPresent() && PeakMeter.instruction(name, type.get()).isPresent());
        if (measured.isEmpty()) {
            return new Peaked<>(measuring.get(), OptionalDouble.empty());
        }
        double before = METER.compute(measured.get(), type.get(), threads).operations().best();
        T result = measuring.get();
        double after = METER.compute(measured.get(), type.get(), threads).operations().best();
        return new Peaked<>(result, OptionalDouble.of(Math.max(before, after) / GIGA));
    }

    /**
     * The most operations per second, in units of 10^9, that a step of a plan can reach at an intensity: its operands come from
     * the nearest level that holds all weights and activations of the plan, since a run passes over them all.
     *
     * @param gflops of the peak; empty if it is not known
     * @return NaN if it is not known
     */
    double attainable(OptionalDouble gflops, ExecutionPlan plan, double intensity) {
        if (gflops.isEmpty()) {
            return Double.NaN;
        }
        long bytes = plan.weightBytes() + plan.arenaBytes();
        String level = onGpu(plan) ? gpu().holding(bytes) : WorkingSet.holding(hardware.cacheBytes(), bytes);
        return roofline(gflops.getAsDouble(), plan).attainable(level, intensity);
    }

    /** The roofline over the caches and memory of what runs as the plan says, in 10^9 operations and bytes per second. */
    public Roofline roofline(double gflops, ExecutionPlan plan) {
        return onGpu(plan) ? gpu().roofline(gflops) : roofline(gflops, plan.threads());
    }

    private Roofline roofline(double gflops, int threads) {
        Map<String, Double> levels = new LinkedHashMap<>();
        bandwidths(threads).forEach(each -> levels.put(each.workingSet().level(), each.bytes().best() / GIGA));
        return new Roofline(gflops, levels);
    }
}
