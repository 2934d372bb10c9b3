package org.fasternet.bench.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.Hardware;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Backends;
import org.fasternet.internal.abi.Bindings;

/** Reads the environment: made when a benchmark begins, asked when it ends. */
public final class EnvironmentProbe {
    /** Above this share of the usable CPUs, others had work for the machine before the benchmark gave it any. */
    private static final double BUSY = 0.3;

    private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final Hardware hardware = Hardware.detect();
    private final double loadStart = load();
    private final String version;

    /** @param version of this library */
    public EnvironmentProbe(String version) {
        this.version = version;
    }

    public Environment end() {
        return new Environment(
                start.toString(),
                hardware.cpuModel(),
                hardware.isas(),
                hardware.cpuFeatures(),
                hardware.cpus().reason(),
                hardware.cpus().usable(),
                hardware.cpus().quota(),
                number("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").map(kilohertz -> kilohertz / 1000).orElse(null),
                text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").orElse(null),
                hardware.cacheBytes(),
                memoryBytes(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                version,
                Backends.all().stream().filter(b -> b.name().equals("onednn") && b.unavailable().isEmpty()).findFirst()
                        .map(Backend::version).orElse(null),
                Bindings.current().name(),
                hardware.cpus().affinity() < hardware.cpus().online()
                        ? "the process may run on " + hardware.cpus().affinity() + " of " + hardware.cpus().online() + " CPUs"
                        : "none",
                loadStart,
                load(),
                warnings());
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (loadStart > BUSY * hardware.cpus().usable()) {
            warnings.add("the machine was busy: its load average was " + loadStart + " when the benchmark began");
        }
        return warnings;
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /** The machine's memory; 0 where the system does not tell. */
    public static long memoryBytes() {
        try {
            String total = Files.readAllLines(Path.of("/proc/meminfo")).get(0).replaceAll("[^0-9]", "");
            return Long.parseLong(total) * 1024;
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    private static Optional<Double> number(String file) {
        return text(file).map(Double::valueOf);
    }

    private static Optional<String> text(String file) {
        try {
            return Optional.of(Files.readString(Path.of(file)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
