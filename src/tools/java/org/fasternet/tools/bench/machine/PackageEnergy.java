package org.fasternet.tools.bench.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Energy of the CPU packages by their own meters (RAPL), as Linux's powercap shows them: all of a package, whoever uses it, without
 * the memory's chips. AMD's CPUs have the same files.
 */
public final class PackageEnergy {
    private static final String ZONE = "/sys/class/powercap/intel-rapl:";
    private static final double MICRO = 1e-6;

    private final SystemFiles files;
    private final List<String> packages = new ArrayList<>();

    public PackageEnergy() {
        this(new SystemFiles(Path.of("/")));
    }

    PackageEnergy(SystemFiles files) {
        this.files = files;
        for (int zone = 0; files.text(ZONE + zone + "/name").isPresent(); zone++) {
            // Beside the packages there may be the whole system.
            if (files.text(ZONE + zone + "/name").get().startsWith("package-")) {
                packages.add(ZONE + zone);
            }
        }
    }

    /** Why it cannot be read here, in a sentence; empty if it can. */
    public Optional<String> unreadable() {
        if (packages.isEmpty()) {
            return Optional.of("no energy is readable here: " + ZONE + "0 is not there, as in most virtual machines");
        }
        return packages.stream().filter(zone -> microjoules(zone).isEmpty()).findFirst().map(zone ->
                "no energy is readable here: " + zone + "/energy_uj is for root alone unless `chmod a+r` is done to it");
    }

    private Optional<Double> microjoules(String zone) {
        return files.number(zone + "/energy_uj", "");
    }

    /** Where the meters stand. Only if they can be read. */
    public List<Double> read() {
        return packages.stream().map(zone -> microjoules(zone).orElseThrow()).toList();
    }

    /** Joules of all packages since {@code before}. A meter that has begun anew has done so once: it takes minutes at least. */
    public double joulesSince(List<Double> before) {
        List<Double> now = read();
        double sum = 0;
        for (int i = 0; i < packages.size(); i++) {
            double used = now.get(i) - before.get(i);
            sum += used >= 0 ? used : used + files.number(packages.get(i) + "/max_energy_range_uj", "").orElse(0.0);
        }
        return sum * MICRO;
    }
}
