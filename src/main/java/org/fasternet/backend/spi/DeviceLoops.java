package org.fasternet.backend.spi;

import org.fasternet.compute.MemoryKernel;

/**
 * What a device can do at most, measured on it, by its own clock. All of it works without a pause through the warm-up and the rounds.
 * Any thread may call it; two measurements at the same time spoil each other.
 */
public interface DeviceLoops {
    /** Bytes of the cache that all of the device's multiprocessors share. */
    long cacheBytes();

    /** Bytes of memory that the device has left. */
    long freeBytes();

    /**
     * Bytes per second of each round.
     *
     * @param bytes of all arrays together
     * @param rounds at least 1
     * @param nanos least duration of a round
     * @throws org.fasternet.error.NativeException if the device has not that much memory left
     */
    double[] memory(MemoryKernel kernel, long bytes, int rounds, long nanos);

    /** Operations per second of each round, of f32 on registers: a multiply-add is two. */
    double[] multiplyAdds(int rounds, long nanos);
}
