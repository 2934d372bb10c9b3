package org.fasternet.tools.bench.peak;

import org.fasternet.compute.MemoryKernel;

/**
 * Passes over memory, measured.
 *
 * @param isa whose vectors were loaded and stored
 * @param kernel what was done
 * @param workingSet each thread's, which it had to itself and had touched first
 * @param threads each pinned to a CPU of its own
 * @param bytes per second, as {@link MemoryKernel} counts them
 */
public record Bandwidth(String isa, MemoryKernel kernel, WorkingSet workingSet, int threads, Rates bytes) {}
