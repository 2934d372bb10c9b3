package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** The figures that benchmarks report. The identifier is the name in JSON and CSV and ends with the unit, if there is one. */
public enum Metric {
    LOAD("load_ms", "load ms", Better.LOWER,
            "time to read and check the checkpoint, in milliseconds; random weights are made when the session is opened"),
    COMPILE("compile_ms", "compile ms", Better.LOWER,
            "time to open the session or kernel, in milliseconds: weights read or made, folded and packed"),
    FIRST("first_ms", "first ms", Better.LOWER, "time of the first run after compilation, in milliseconds"),
    START("start_ms", "start ms", Better.LOWER,
            "time from the start of a process to its first result, the median of several, in milliseconds"),
    WARM_UP_RUNS("warm_up_runs", "warm-up", Better.NEITHER, "runs before the first one that counts"),
    RUNS("runs", "runs", Better.NEITHER, "runs that count"),
    MIN("min_ms", "min ms", Better.LOWER, "latency of the fastest run, in milliseconds"),
    MEAN("mean_ms", "mean ms", Better.LOWER, "mean latency, in milliseconds"),
    P50("p50_ms", "p50 ms", Better.LOWER, "median latency, in milliseconds"),
    DEVICE_P50("device_p50_ms", "on device ms", Better.LOWER,
            "median latency from device memory to device memory, in milliseconds: what the others have besides are the copies from and"
                    + " to the host"),
    P90("p90_ms", "p90 ms", Better.LOWER, "90th percentile of latency by nearest rank, in milliseconds"),
    P99("p99_ms", "p99 ms", Better.LOWER, "99th percentile of latency by nearest rank, in milliseconds"),
    P99_9("p99_9_ms", "p99.9 ms", Better.LOWER, "99.9th percentile of latency by nearest rank, in milliseconds"),
    MAX("max_ms", "max ms", Better.LOWER, "latency of the slowest run, in milliseconds"),
    CV("cv_percent", "cv %", Better.LOWER, "coefficient of variation of latency: standard deviation / mean, in percent"),
    IMAGES_PER_SECOND("images_per_s", "images/s", Better.HIGHER, "images per second at the mean latency"),
    TAIL_ESTIMATE("early_stopping_ms", "estimate ms", Better.LOWER,
            "latency that the scenario's percentile, 90 in SingleStream and else 99, is proved to be within, in milliseconds"),
    TARGET_QUERIES_PER_SECOND("target_queries_per_s", "target q/s", Better.HIGHER,
            "rate of the Poisson process that queries arrive by"),
    QUERIES_PER_SECOND("queries_per_s", "queries/s", Better.HIGHER, "queries per second that were answered"),
    SAMPLES_PER_SECOND("samples_per_s", "samples/s", Better.HIGHER, "images per second that were answered"),
    ACCURACY("accuracy_percent", "accuracy %", Better.HIGHER, "images whose most probable class is theirs, in percent"),
    FLOPS("gflop", "GFLOP", Better.NEITHER, "floating-point operations of a run, two per multiply-add, in units of 10^9"),
    FLOP_RATE("gflop_per_s", "GFLOP/s", Better.HIGHER,
            "floating-point operations per second at the median, of a GPU that on the device, in units of 10^9"),
    PEAK_SHARE("peak_percent", "% peak", Better.HIGHER,
            "rate as a share of the measured peak of the same instruction set, precision and threads, in percent; operations are"
                    + " those of the definition, so an algorithm that needs fewer, as Winograd's for 3x3, can exceed 100"),
    ROOF_SHARE("roof_percent", "% roof", Better.HIGHER,
            "rate as a share of what the measured roofline allows at this intensity, in percent: with operands in memory, or those of"
                    + " a step in the nearest level that holds all weights and activations"),
    BYTES_MOVED("moved_mb", "MB moved", Better.NEITHER,
            "the least that must be read and written by a run, in units of 10^6 bytes"),
    BANDWIDTH("gb_per_s", "GB/s", Better.HIGHER,
            "bytes per second, in units of 10^9: of a run, the least that it must move; of a peak, those asked for"),
    INTENSITY("flop_per_byte", "FLOP/B", Better.NEITHER, "arithmetic intensity: operations per byte of what must be moved"),
    STEP_SHARE("share_percent", "% time", Better.NEITHER, "the step's median time as a share of all steps', in percent"),
    BUSY("busy_percent", "% busy", Better.HIGHER, "share of the time in which a thread computed, the mean over all threads, in percent"),
    IMBALANCE("imbalance_ms", "imbalance ms", Better.LOWER,
            "time that the busiest thread computed longer than the mean over all threads, in milliseconds"),
    BARRIER("barrier_ms", "barrier ms", Better.LOWER,
            "time in which not even the busiest thread computed, in milliseconds: threads begin, wait for each other and wake up"),
    ROUND_TRIP("round_trip_ns", "line ns", Better.LOWER,
            "time for which a cache line is on its way from one CPU to another and back, in nanoseconds: about 100 where they have a cache"
                    + " in common; the longer one of before and after"),
    PROFILE_COST("profile_percent", "profile %", Better.LOWER,
            "by how much runs that take the times of their steps are slower, measured in turn with others, in percent"),
    RESIDENT("resident_mib", "RSS MiB", Better.LOWER, "resident memory of the whole process after the first run, in MiB"),
    HUGE("huge_mib", "huge MiB", Better.NEITHER, "memory of the process on huge pages after the first run, in MiB"),
    NODE("numa_node", "node", Better.NEITHER, "NUMA node that has most of the process's memory; told where there are several"),
    NODE_SHARE("numa_percent", "% on node", Better.HIGHER, "share of the process's memory on that node, in percent"),
    CYCLES("cycles_per_run", "cycles", Better.LOWER, "cycles of the CPUs in a run, all threads together, outside of the kernel"),
    INSTRUCTIONS("instructions_per_run", "instructions", Better.LOWER, "instructions of a run, all threads together"),
    LLC_MISSES("llc_misses_per_run", "LLC misses", Better.LOWER, "reads and writes in a run that the last cache did not have"),
    CPU_TIME("cpu_ms_per_run", "CPU ms", Better.LOWER,
            "time for which the process's threads had a CPU in a run, all together, waiting by spinning included, in milliseconds"),
    FREQUENCY("frequency_ghz", "GHz", Better.NEITHER, "cycles per nanosecond of CPU time"),
    JOULES_PER_IMAGE("joules_per_image", "J/image", Better.LOWER,
            "energy of the CPU packages for an image, whatever else they do meanwhile, in joules"),
    IMAGES_PER_JOULE("images_per_joule", "images/J", Better.HIGHER, "images for a joule of the CPU packages"),
    PACKED("packed_mib", "packed MiB", Better.LOWER, "memory of the packed weights, in MiB"),
    ARENA("arena_mib", "arena MiB", Better.LOWER, "memory of activations and scratchpads, in MiB"),
    HEAP_PER_RUN("heap_b_per_run", "heap B/run", Better.LOWER, "bytes that a run allocates on the Java heap"),
    DIFFERENCE("difference", "difference", Better.LOWER,
            "largest difference of an output from the first line's of the group, as a part of its largest output"),
    RATIO("ratio", "ratio", Better.LOWER, "median of the rounds' ratios of this latency to that of the first line of its group");

    /** Which way a figure gets better. */
    public enum Better {
        LOWER,
        HIGHER,
        /** The figure describes the work, not how well it was done. */
        NEITHER
    }

    private final String id;
    private final String heading;
    private final Better better;
    private final String description;

    Metric(String id, String heading, Better better, String description) {
        this.id = id;
        this.heading = heading;
        this.better = better;
        this.description = description;
    }

    @JsonValue
    public String id() {
        return id;
    }

    /** For a column of a table. */
    public String heading() {
        return heading;
    }

    public Better better() {
        return better;
    }

    /** What the figure is, with its unit, as part of a sentence. */
    public String description() {
        return description;
    }

    /** @throws IllegalArgumentException if there is no metric of that identifier */
    @JsonCreator
    public static Metric of(String id) {
        return Arrays.stream(values()).filter(metric -> metric.id.equals(id)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no metric is called '" + id + "'"));
    }
}
