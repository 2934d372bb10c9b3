package org.fasternet.tools.bench.machine;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this process uses of the machine's memory, and where it lies; all of it is empty where the system does not tell. */
public final class ProcessMemory {
    private static final double KIB_PER_MIB = 1024;
    private static final Pattern PAGES = Pattern.compile(" N(\\d{1,4})=(\\d{1,12})\\b");
    private static final Pattern PAGE_KIB = Pattern.compile(" kernelpagesize_kB=(\\d{1,9})\\b");

    private final SystemFiles files;

    public ProcessMemory() {
        this(new SystemFiles(Path.of("/")));
    }

    ProcessMemory(SystemFiles files) {
        this.files = files;
    }

    /** Resident memory of the whole process in MiB. */
    public Optional<Double> residentMib() {
        return files.number("/proc/self/status", "VmRSS:").map(kib -> kib / KIB_PER_MIB);
    }

    /** What of it lies on huge pages, in MiB. */
    public Optional<Double> hugeMib() {
        return files.number("/proc/self/smaps_rollup", "AnonHugePages:").map(kib -> kib / KIB_PER_MIB);
    }

    /**
     * How much of it lies on each NUMA node, in MiB.
     *
     * @return empty where there is only one node
     */
    public Map<Integer, Double> nodes() {
        Map<Integer, Double> nodes = new TreeMap<>();
        if (files.text("/sys/devices/system/node/online").filter(online -> !online.equals("0")).isEmpty()) {
            return nodes;
        }
        for (String area : files.text("/proc/self/numa_maps").orElse("").split("\n")) {
            Matcher page = PAGE_KIB.matcher(area);
            double mib = page.find() ? Long.parseLong(page.group(1)) / KIB_PER_MIB : 0;
            PAGES.matcher(area).results().forEach(pages ->
                    nodes.merge(Integer.valueOf(pages.group(1)), Long.parseLong(pages.group(2)) * mib, Double::sum));
        }
        return nodes;
    }

    /** Bytes that a run allocates on the Java heap, in the mean of several, by the thread that calls it. */
    public static double heapBytes(int runs, Runnable run) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // The first question allocates itself.
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < runs; i++) {
            run.run();
        }
        return (double) (threads.getCurrentThreadAllocatedBytes() - before) / runs;
    }
}
