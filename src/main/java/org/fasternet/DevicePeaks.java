package org.fasternet;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.fasternet.backend.Backends;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.error.UnsupportedException;

/**
 * What a GPU can do at most, measured on it by kernels of our own: its memory's bandwidth, and f32 multiply-adds on registers. A
 * measurement is one launch after the other of one kernel, each as long as a round, timed by the GPU itself; the first ones, which
 * find out how much work that is, warm it up. Two measurements at the same time spoil each other. Any thread may call it.
 *
 * @param device the GPU's number, as {@link SessionOptions#withDevice}
 * @param rounds of one measurement, at least 1
 * @param round how long each lasts, at least; below a millisecond, clocks are not up yet
 */
public record DevicePeaks(int device, int rounds, Duration round) {
    public DevicePeaks {
        if (rounds < 1 || round.compareTo(Duration.ofNanos(1)) < 0) {
            throw new UnsupportedException("a measurement of " + rounds + " rounds of " + round + ": it needs a round of some time");
        }
    }

    /** Bytes of the cache that all of the GPU's multiprocessors share. */
    public long cacheBytes() {
        return Backends.gpu().deviceLoops(device).cacheBytes();
    }

    /** Bytes of memory that the GPU has left. */
    public long freeBytes() {
        return Backends.gpu().deviceLoops(device).freeBytes();
    }

    /**
     * Bytes per second of each round. Every load and store passes the multiprocessors' own caches by: a small working set lies in
     * the cache that they share.
     *
     * @param bytes of all arrays together, which the GPU has for the time of the call
     * @throws UnsupportedException if there is no usable GPU of that number; the message says why
     * @throws org.fasternet.error.NativeException if the GPU has not that much memory left
     */
    public List<Double> memory(MemoryKernel kernel, long bytes) {
        return list(Backends.gpu().deviceLoops(device).memory(kernel, bytes, rounds, round.toNanos()));
    }

    /**
     * Operations per second of each round, of f32 without matrix units: a multiply-add is two.
     *
     * @throws UnsupportedException if there is no usable GPU of that number; the message says why
     */
    public List<Double> multiplyAdds() {
        return list(Backends.gpu().deviceLoops(device).multiplyAdds(rounds, round.toNanos()));
    }

    private static List<Double> list(double[] rates) {
        return Arrays.stream(rates).boxed().toList();
    }
}
