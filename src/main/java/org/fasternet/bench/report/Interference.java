package org.fasternet.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** What took time from a benchmark that was not it: made when that begins, asked when it ends. */
final class Interference {
    /** Above this share of the usable CPUs, others had work for the machine before the benchmark gave it any. */
    private static final double BUSY = 0.3;
    /** Of the time that CPUs had work. */
    private static final double STOLEN = 0.02;

    private final SystemFiles files;
    private final ControlGroup group;
    private final int usableCpus;
    private final OptionalDouble loadStart;
    private final Optional<Ticks> ticksStart;
    private final double throttledStart;

    Interference(SystemFiles files, int usableCpus) {
        this.files = files;
        group = new ControlGroup(files);
        this.usableCpus = usableCpus;
        loadStart = load();
        ticksStart = ticks();
        throttledStart = group.throttled();
    }

    /** Time of all CPUs together since the machine started, in ticks. */
    private record Ticks(double busy, double stolen) {}

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
        if (loadStart.orElse(0) > BUSY * usableCpus) {
            warnings.add("the machine was busy: its load average was " + loadStart.getAsDouble() + " when the benchmark began");
        }
        double stolen = stolenShare();
        if (stolen > STOLEN) {
            warnings.add(String.format(
                    Locale.ROOT, "the hypervisor gave %.0f %% of the busy CPUs' time to other machines", 100 * stolen));
        }
        double times = group.throttled() - throttledStart;
        if (times > 0) {
            warnings.add(String.format(Locale.ROOT, "the control group's quota stopped the process %.0f times", times));
        }
        return warnings;
    }

    private double stolenShare() {
        Optional<Ticks> end = ticks();
        if (ticksStart.isEmpty() || end.isEmpty()) {
            return 0;
        }
        double stolen = end.get().stolen - ticksStart.get().stolen;
        return stolen / Math.max(1, end.get().busy - ticksStart.get().busy + stolen);
    }

    /** Fields of the line "cpu": user, nice, system, idle, iowait, irq, softirq, steal, and guest times that user has already. */
    private Optional<Ticks> ticks() {
        return files.text("/proc/stat").map(text -> text.lines().findFirst().orElse("").split(" +"))
                .filter(fields -> fields[0].equals("cpu") && fields.length > 8)
                .map(fields -> Stream.of(fields).skip(1).mapToDouble(Double::parseDouble).toArray())
                .map(t -> new Ticks(t[0] + t[1] + t[2] + t[5] + t[6], t[7]));
    }
}
