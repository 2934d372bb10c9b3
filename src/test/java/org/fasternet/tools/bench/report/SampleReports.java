package org.fasternet.tools.bench.report;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Reports with invented figures. */
public final class SampleReports {
    /** A file can be called so, and a page or a table must only show it. */
    public static final String HOSTILE = "</script><img src=x onerror=fail()> \"a\", {{report.css}}.pth";

    private SampleReports() {}

    public static Environment environment() {
        return new Environment(
                "2026-01-02T03:04:05Z", "Example CPU 9000", List.of("portable", "avx2"), List.of("avx2", "fma"),
                "2 of 2: no limit", 2, 0, null, null, List.of(49_152L, 1L << 20, 33L << 20), 16L << 30,
                "Linux 6.1 amd64", "OpenJDK 17", "1.0", "3.11.0", List.of(), List.of(), "jni", "none", 0.25, 1.5, List.of());
    }

    public static Report report(Metric primary, Measurement... measurements) {
        return new Report(
                Report.SCHEMA, "model", List.of("bench", "model", "--quick"), 1, true, environment(), primary,
                List.of(measurements), List.of(), List.of());
    }

    /** With ten rounds around the value. */
    public static Measurement line(String subject, Metric metric, double value) {
        List<Double> rounds = IntStream.range(0, 10).mapToObj(i -> value * (0.99 + 0.002 * i)).toList();
        return new Measurement(subject(subject), Map.of(metric, value), rounds, null, List.of(), List.of());
    }

    /** From {@code "model=T0 threads=2"}. */
    public static Map<Dimension, String> subject(String text) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        for (String part : text.split(" ")) {
            String[] pair = part.split("=", 2);
            subject.put(Dimension.of(pair[0]), pair[1]);
        }
        return subject;
    }

    /** Something of every benchmark, and everything that can be missing. */
    public static Report rich() {
        List<Measurement> lines = new ArrayList<>();
        addModels(lines);
        addPeaks(lines);
        addOperators(lines);
        lines.add(timed("scenario=SingleStream model=T0 sessions=1", 1.6, Map.of(Metric.SAMPLES_PER_SECOND, 612.0), "VALID"));
        lines.add(timed("scenario=Server model=T0 sessions=2", 4.2, Map.of(Metric.SAMPLES_PER_SECOND, 850.0),
                "INVALID: 3.1 % of the queries took longer than 15 ms, 1 % may"));
        Environment quiet = environment();
        Environment busy = new Environment(
                quiet.time(), quiet.cpu(), quiet.isas(), quiet.features(), quiet.cpus(), 2, 1.5, 2445.4, "performance",
                quiet.cacheBytes(), quiet.memoryBytes(), quiet.kernel(), quiet.jvm(), quiet.fasternet(), null,
                List.of("Example GPU, sm_90"), List.of("1755 MHz, 41 C"), "ffm", quiet.pinning(), 3.5, 2.5, List.of("other processes had the CPUs for 31 % of the time"));
        return new Report(
                Report.SCHEMA, "model", List.of("bench", "model", "--weights", HOSTILE), -7, false, busy, Metric.P50, lines,
                List.of(line("kind=read level=L4 threads=2", Metric.BANDWIDTH, 17)),
                List.of(new Report.Skipped(subject("model=T0 backend=onednn precision=bf16"), "the CPU has no bf16")),
                List.of(step("fused", "patch_embed patch convolution", 0.25, 98), step("fused", "stages.0.blocks.0 block", 1.5, 90),
                        step("fused", "head pointwise", 0.125, 100), step(HOSTILE, "head", 0.5, 75)));
    }

    /** Of two threads, of which the second waits. */
    public static Measurement step(String backend, String label, double ms, double busyPercent) {
        Map<Dimension, String> subject = subject("model=T0 isa=avx2 threads=2");
        subject.put(Dimension.BACKEND, backend);
        subject.put(Dimension.STEP, label);
        return new Measurement(
                subject, Map.of(Metric.P50, ms, Metric.BUSY, busyPercent, Metric.STEP_SHARE, 40 * ms), null, List.of(ms, ms), null,
                List.of("fused:avx2"), List.of(), List.of(ms, ms * (2 * busyPercent / 100 - 1)));
    }

    private static void addModels(List<Measurement> lines) {
        for (String name : List.of("T0", "L")) {
            for (String precision : List.of("f32", "bf16")) {
                for (int threads : new int[] {1, 2}) {
                    for (int batch : new int[] {1, 4}) {
                        double ms = (name.equals("T0") ? 2.9 : 81) * (precision.equals("f32") ? 1 : 0.55)
                                * Math.pow(batch, 0.9) / Math.pow(threads, 0.9);
                        lines.add(timed(
                                "model=" + name + " backend=fused isa=avx2 precision=" + precision + " batch=" + batch
                                        + " size=224x224 threads=" + threads,
                                ms, Map.of(Metric.IMAGES_PER_SECOND, 990 * batch / ms), null));
                    }
                }
            }
        }
        Map<Dimension, String> hostile = subject("batch=1 size=64x64 threads=2");
        hostile.put(Dimension.MODEL, HOSTILE);
        lines.add(new Measurement(
                hostile, Map.of(Metric.P50, 0.125), List.of(0.12, 0.13), null, List.of("jit:avx2", "brgemm"),
                List.of("the rounds spread by 12 %")));
    }

    private static void addPeaks(List<Measurement> lines) {
        double[] bandwidths = {240, 120, 61.5, 20.25};
        String[] levels = {"L1", "L2", "L3", "memory"};
        for (int i = 0; i < levels.length; i++) {
            lines.add(line("kind=read level=" + levels[i] + " threads=2", Metric.BANDWIDTH, bandwidths[i]));
        }
        lines.add(line("kind=fma isa=avx2 precision=f32 threads=2", Metric.FLOP_RATE, 310));
        lines.add(line("kind=fma isa=avx2 precision=bf16 threads=2", Metric.FLOP_RATE, 602.4));
    }

    private static void addOperators(List<Measurement> lines) {
        String[] operators = {"partial_3x3", "regular_3x3", "depthwise_3x3", "pointwise"};
        double[] intensities = {9.6, 38, 2.1, 14};
        double[] rates = {220, 275, 31, 240};
        for (int i = 0; i < operators.length; i++) {
            lines.add(timed(
                    "operator=" + operators[i] + " shape=1x" + 40 * (i + 1) + "x56x56 precision=f32 threads=2", 30 / rates[i],
                    Map.of(Metric.INTENSITY, intensities[i], Metric.FLOP_RATE, rates[i], Metric.PEAK_SHARE, rates[i] / 3.429),
                    null));
        }
    }

    private static Measurement timed(String subject, double ms, Map<Metric, Double> more, String verdict) {
        Map<Metric, Double> values = new EnumMap<>(more);
        values.put(Metric.RUNS, 1234.0);
        values.put(Metric.MIN, ms * 0.94);
        values.put(Metric.P50, ms);
        values.put(Metric.P90, ms * 1.08);
        values.put(Metric.P99, ms * 1.3);
        return new Measurement(subject(subject), values, List.of(ms, ms * 1.01), verdict, List.of("fused:avx2"), List.of());
    }
}
