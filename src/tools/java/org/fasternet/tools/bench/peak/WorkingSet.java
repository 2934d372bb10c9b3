package org.fasternet.tools.bench.peak;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory that a thread passes over again and again, sized for a level of the memory hierarchy.
 *
 * @param level {@code L1}, {@code L2}, {@code L3} and so on, or {@code memory}
 * @param bytesPerThread all arrays of a kernel together
 */
public record WorkingSet(String level, long bytesPerThread) {
    public static final String MEMORY = "memory";

    private static final int LAST_PRIVATE_LEVEL = 2;
    /** Less, all threads together, could lie in a cache that the operating system does not name, such as a host's. */
    private static final long LEAST_MEMORY = 256L << 20;

    /**
     * The levels of a machine, nearest first, memory last.
     *
     * <p>A thread has half of level 1 and of level 2, which cores have to themselves. Half of a farther cache is shared by the
     * threads, but each has one and a half times the level before it: a machine with many threads has several such caches, and
     * less would measure the nearer level. Memory is four times the last cache and at least 256 MiB, for all threads together,
     * and for each at least half the last cache, again since there may be several; but never more than {@link #most}.
     *
     * @param cacheBytes of each level, level 1 first, as {@link org.fasternet.Hardware#cacheBytes}; may be empty
     * @param threads that measure at the same time
     * @param memoryBytes how much memory the process may use; 0 if that is not known
     */
    public static List<WorkingSet> levels(List<Long> cacheBytes, int threads, long memoryBytes) {
        List<WorkingSet> sets = new ArrayList<>();
        long previous = 0;
        for (int level = 1; level <= cacheBytes.size(); level++) {
            long half = cacheBytes.get(level - 1) / 2;
            long bytes = level <= LAST_PRIVATE_LEVEL ? half : Math.max(half / threads, previous + previous / 2);
            sets.add(new WorkingSet("L" + level, bytes));
            previous = cacheBytes.get(level - 1);
        }
        long wanted = Math.max(Math.max(LEAST_MEMORY, 4 * previous) / threads, previous / 2);
        sets.add(new WorkingSet(MEMORY, Math.min(wanted, most(memoryBytes, threads))));
        return List.copyOf(sets);
    }

    /**
     * The nearest level that holds so many bytes.
     *
     * @param cacheBytes of each level, level 1 first; may be empty
     */
    public static String holding(List<Long> cacheBytes, long bytes) {
        for (int level = 1; level <= cacheBytes.size(); level++) {
            if (bytes <= cacheBytes.get(level - 1)) {
                return "L" + level;
            }
        }
        return MEMORY;
    }

    /**
     * What a thread may have at most: all of them together a quarter of the memory, so that it is not swapped, nor the process
     * ended for it.
     *
     * @param memoryBytes how much memory the process may use; 0 if that is not known, then there is no limit
     */
    public static long most(long memoryBytes, int threads) {
        return memoryBytes == 0 ? Long.MAX_VALUE : memoryBytes / 4 / threads;
    }
}
