package org.fasternet.tools.cli.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.fasternet.tools.bench.Meters;
import org.fasternet.tools.bench.report.Dimension;
import picocli.CommandLine.Option;

/** Whether the chip's counters and its energy are asked. */
final class CountersOption {
    @Option(names = "--counters", description = {
        "Ask the chip too, over a second of runs each: cycles,",
        "instructions, misses of the last cache, frequency, energy;",
        "of what it does not show here the report says why."})
    private boolean wanted;

    /** What asks it; empty if that is not wanted. The run is told what cannot be measured. */
    Optional<Meters> meters(BenchRun run) {
        return wanted ? Optional.of(tell(run)) : Optional.empty();
    }

    static Meters tell(BenchRun run) {
        Meters meters = new Meters();
        meters.missing().forEach((what, reason) -> {
            Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
            subject.put(Dimension.KIND, what);
            run.skip(subject, reason);
        });
        return meters;
    }
}
