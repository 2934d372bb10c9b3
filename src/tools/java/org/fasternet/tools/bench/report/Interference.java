package org.fasternet.tools.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fasternet.tools.bench.machine.SystemFiles;

/** What took time from a benchmark that was not it: made when that begins, asked when it ends. */
final class Interference {
    /**
     * Of the CPUs' time. Of two CPUs, it is 40 % of one. The load average would tell of others too, but also of the benchmark
     * before this one, and inside a container of the whole machine.
     */
    private static final double OTHERS = 0.2;
    /** Of the time that CPUs had work. */
    private static final double STOLEN = 0.02;

    private final SystemFiles files;
    private final ControlGroup group;
    private final OptionalDouble loadStart;
    private final Optional<CpuTime> start;
    private final double throttledStart;

    Interference(SystemFiles files) {
        this.files = files;
        group = new ControlGroup(files);
        loadStart = load();
        start = CpuTime.read(files);
        throttledStart = group.throttled();
    }

    /** Load average of the last minute when this was made. */
    OptionalDouble loadStart() {
        return loadStart;
    }

    /** Load average of the last minute, now. */
    OptionalDouble load() {
        return files.number("/proc/loadavg", "").map(OptionalDouble::of).orElse(OptionalDouble.empty());
    }

    /** Sentences on what has happened since this was made. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        start.flatMap(begin -> CpuTime.read(files).map(end -> end.since(begin))).ifPresent(time -> {
            if (time.othersShare() > OTHERS) {
                warnings.add(format("other processes had the CPUs for %.0f %% of the time", 100 * time.othersShare()));
            }
            if (time.stolenShare() > STOLEN) {
                warnings.add(format(
                        "the hypervisor gave %.0f %% of the busy CPUs' time to other machines", 100 * time.stolenShare()));
            }
        });
        double times = group.throttled() - throttledStart;
        if (times > 0) {
            warnings.add(format("the control group's quota stopped the process %.0f times", times));
        }
        return warnings;
    }

    private static String format(String sentence, double number) {
        return String.format(Locale.ROOT, sentence, number);
    }
}
