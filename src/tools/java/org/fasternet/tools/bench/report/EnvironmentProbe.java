package org.fasternet.tools.bench.report;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fasternet.Hardware;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import org.fasternet.tools.bench.machine.SystemFiles;

/** Reads the environment: made when a benchmark begins, asked when it ends. */
public final class EnvironmentProbe {
    /** What binds the threads of an OpenMP runtime, as oneDNN's are. */
    private static final List<String> BINDERS = List.of("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY");
    private static final double KILO = 1000;
    private static final int UNKNOWN_LOAD = -1;

    private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final String version;
    private final Hardware hardware;
    private final SystemFiles files;
    private final Map<String, String> variables;
    private final Interference interference;
    private final Double frequencyMhz;
    private boolean threadsPinned;

    /** @param version of this library */
    public EnvironmentProbe(String version) {
        this(version, Hardware.detect(), Path.of("/"), System.getenv());
    }

    /**
     * @param root of the file system that has {@code /proc} and {@code /sys}
     * @param variables the process's environment
     */
    EnvironmentProbe(String version, Hardware hardware, Path root, Map<String, String> variables) {
        this.version = version;
        this.hardware = hardware;
        this.variables = variables;
        files = new SystemFiles(root);
        interference = new Interference(files);
        frequencyMhz = frequencyMhz();
    }

    /** Each thread of a run stays on a CPU of its own from here on. */
    public void threadsArePinned() {
        threadsPinned = true;
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
                frequencyMhz,
                files.text(frequencyFolder() + "scaling_governor").orElse(null),
                hardware.cacheBytes(),
                memoryBytes(files),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                version,
                usable().filter(b -> b.name().equals("onednn")).findFirst().map(BackendInfo::version).orElse(null),
                usable().flatMap(b -> b.devices().stream().map(device -> device + ", " + b.version())).toList(),
                usable().flatMap(b -> b.deviceStates().stream()).toList(),
                Library.binding(),
                pinning(),
                known(interference.loadStart()),
                known(interference.load()),
                interference.warnings());
    }

    private static Stream<? extends BackendInfo> usable() {
        return Library.backends().stream().filter(backend -> backend.unavailable().isEmpty());
    }

    /** How many bytes of memory the process may use, by the machine and its control group; 0 where neither is told. */
    public static long memoryBytes() {
        return memoryBytes(new SystemFiles(Path.of("/")));
    }

    private static long memoryBytes(SystemFiles files) {
        Stream<Double> machine = files.number("/proc/meminfo", "MemTotal:").map(kibibytes -> kibibytes * 1024).stream();
        return Stream.concat(machine, new ControlGroup(files).memoryLimits()).mapToLong(Double::longValue).min().orElse(0);
    }

    private static double known(OptionalDouble load) {
        return load.orElse(UNKNOWN_LOAD);
    }

    private String pinning() {
        Hardware.Cpus cpus = hardware.cpus();
        List<String> parts = new ArrayList<>();
        if (cpus.affinity() < cpus.online()) {
            parts.add("process on " + cpus.affinity() + " of " + cpus.online() + " CPUs");
        }
        if (threadsPinned) {
            parts.add("each thread of a run on a CPU of its own");
        }
        return Stream.concat(
                        parts.isEmpty() ? Stream.of("none") : parts.stream(),
                        BINDERS.stream().filter(variables::containsKey).map(name -> name + "=" + variables.get(name)))
                .collect(Collectors.joining(", "));
    }

    /** By cpufreq, or what {@code /proc/cpuinfo} has of the first CPU, as in a virtual machine. */
    private Double frequencyMhz() {
        return files.number(frequencyFolder() + "scaling_cur_freq", "").map(kilohertz -> kilohertz / KILO)
                .or(() -> files.number("/proc/cpuinfo", "cpu MHz")).orElse(null);
    }

    private String frequencyFolder() {
        int cpu = files.number("/proc/self/status", "Cpus_allowed_list:").orElse(0.0).intValue();
        return "/sys/devices/system/cpu/cpu" + cpu + "/cpufreq/";
    }
}
