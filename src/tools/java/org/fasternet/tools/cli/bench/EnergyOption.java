package org.fasternet.tools.cli.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.fasternet.tools.bench.machine.PackageEnergy;
import org.fasternet.tools.bench.report.Dimension;
import picocli.CommandLine.Option;

/** Whether energy is measured. */
final class EnergyOption {
    @Option(names = "--energy", description = {
        "Measure the CPU packages' energy too, for a second each,",
        "where the system shows it; else the report says why not."})
    private boolean wanted;

    /** What measures it; empty if it is not wanted, or cannot be read, which {@code run} is told. */
    Optional<PackageEnergy> meters(BenchRun run) {
        return wanted ? readable(run) : Optional.empty();
    }

    static Optional<PackageEnergy> readable(BenchRun run) {
        PackageEnergy meters = new PackageEnergy();
        Optional<String> reason = meters.unreadable();
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.KIND, "energy");
        reason.ifPresent(sentence -> run.skip(subject, sentence));
        return reason.isPresent() ? Optional.empty() : Optional.of(meters);
    }
}
