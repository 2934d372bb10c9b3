package org.fasternet.tools.bench;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.fasternet.DevicePeaks;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.compute.Precision;
import org.fasternet.tools.bench.op.DeviceProduct;
import org.fasternet.tools.bench.peak.Rates;
import org.fasternet.tools.bench.peak.WorkingSet;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/**
 * Peaks of a GPU as lines of a report.
 *
 * @param peaks which device, how many rounds, and how long they are
 * @param product of matrices
 */
public record DevicePeakBenchmark(DevicePeaks peaks, DeviceProduct product) {
    private static final String CACHE = "L2";
    private static final long LEAST_MEMORY = 256L << 20;
    /** Times the cache: a sixteenth of a pass, at most, finds what the one before has left there. */
    private static final int CACHES = 16;

    /** Of the product by default: its matrices are eight times what the cache holds, or more: many tiles for each multiprocessor. */
    public static int side(DevicePeaks peaks) {
        // Five times the square of the side are read, and four times it written, of 2 bytes at least.
        double least = Math.sqrt(8.0 * peaks.cacheBytes() / (9 * Short.BYTES));
        return DeviceProduct.UNIT * (int) Math.ceil(least / DeviceProduct.UNIT);
    }

    public static Map<Dimension, String> registers() {
        return subject("multiply-adds", Precision.F32);
    }

    public static Map<Dimension, String> product(Precision precision) {
        return subject("product", precision);
    }

    private static Map<Dimension, String> subject(String kind, Precision precision) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.KIND, kind);
        subject.put(Dimension.BACKEND, DeviceProduct.BACKEND);
        subject.put(Dimension.PRECISION, precision.id());
        return subject;
    }

    public static Map<Dimension, String> memory(MemoryKernel kernel, WorkingSet set) {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.KIND, kernel.id());
        subject.put(Dimension.LEVEL, set.level());
        subject.put(Dimension.BACKEND, DeviceProduct.BACKEND);
        return subject;
    }

    /** Half of the cache, and much more than it, but no more than a quarter of what the device has left. */
    public List<WorkingSet> levels() {
        long cache = peaks.cacheBytes();
        long memory = Math.min(Math.max(LEAST_MEMORY, CACHES * cache), peaks.freeBytes() / 4);
        return List.of(new WorkingSet(CACHE, cache / 2), new WorkingSet(WorkingSet.MEMORY, memory));
    }

    public Measurement measureRegisters() {
        return PeakBenchmark.line(registers(), Metric.FLOP_RATE, new Rates(peaks.multiplyAdds()), List.of("fma.rn.f32"));
    }

    /** @throws org.fasternet.error.UnsupportedException if the device cannot multiply in this precision */
    public Measurement measureProduct(Precision precision) {
        DeviceProduct.Product measured = product.measure(precision, peaks);
        return PeakBenchmark.line(product(precision), Metric.FLOP_RATE, measured.operations(), List.of(measured.implementation()));
    }

    public Measurement measureMemory(MemoryKernel kernel, WorkingSet set) {
        return PeakBenchmark.line(memory(kernel, set), Metric.BANDWIDTH, new Rates(peaks.memory(kernel, set.bytesPerThread())), List.of());
    }
}
