package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fasternet.Hardware;
import org.fasternet.Hardware.Cpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentProbeTest {
    private static final Hardware HARDWARE = new Hardware(
            "Example CPU", List.of("avx2"), List.of("portable", "avx2"), new Cpus(8, 4, 2.5, 3), List.of(32_768L, 1L << 20));

    /** Takes the place of the file system's root. */
    @TempDir
    private Path root;

    private void file(String path, String content) {
        try {
            Path file = root.resolve(path.substring(1));
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private EnvironmentProbe probe(Map<String, String> variables) {
        return new EnvironmentProbe("1.2.3", HARDWARE, root, variables);
    }

    /** What the second half of a run changes, from a quiet machine on. */
    private List<String> warnings(Runnable change) {
        file("/proc/loadavg", "9.50 9.40 9.30 1/99 1234\n"); // that of the benchmark before
        file("/proc/self/stat", stat(900, 50));
        file("/proc/stat", "cpu  1000 10 100 5000 50 0 10 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n");
        EnvironmentProbe probe = probe(Map.of());
        change.run();
        return probe.end().warnings();
    }

    @Test
    void everythingIsReadFromWhereLinuxHasIt() {
        file("/proc/meminfo", "MemTotal:       16384 kB\nMemFree:        1 kB\n");
        file("/proc/loadavg", "0.25 0.40 0.30 1/99 1234\n");
        file("/proc/self/status", "Name:\tjava\nCpus_allowed_list:\t3-6\n");
        file("/sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq", "3200000\n");
        file("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n");
        EnvironmentProbe probe = probe(Map.of("OMP_PROC_BIND", "close", "HOME", "/root"));
        file("/proc/loadavg", "1.75 0.40 0.30 1/99 1234\n");
        Environment e = probe.end();
        assertEquals("Example CPU", e.cpu());
        assertEquals(List.of("portable", "avx2"), e.isas());
        assertEquals(List.of("avx2"), e.features());
        assertEquals("3 of 8: limited by the CPU quota of 2.5 CPUs", e.cpus());
        assertEquals(3, e.usableCpus());
        assertEquals(2.5, e.quota());
        assertEquals(3200, e.frequencyMhz());
        assertEquals("powersave", e.governor());
        assertEquals(List.of(32_768L, 1L << 20), e.cacheBytes());
        assertEquals(16L << 20, e.memoryBytes());
        assertEquals("process on 4 of 8 CPUs, OMP_PROC_BIND=close", e.pinning());
        assertEquals(0.25, e.loadStart());
        assertEquals(1.75, e.loadEnd());
        assertEquals("1.2.3", e.fasternet());
        assertEquals(List.of(), e.warnings());
        assertTrue(e.time().matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"), e.time());
        assertTrue(e.jvm().contains(System.getProperty("java.vm.version")), e.jvm());
        assertFalse(e.kernel().isBlank());
    }

    @Test
    void aSystemMayTellNothing() {
        Environment e = probe(Map.of()).end();
        assertNull(e.frequencyMhz());
        assertNull(e.governor());
        assertEquals(0, e.memoryBytes());
        assertEquals(-1, e.loadStart());
        assertEquals(-1, e.loadEnd());
        assertEquals(List.of(), e.warnings());
    }

    /** In mebibytes, of a machine of 64. */
    private long memory(String cgroup, String limits) {
        file("/proc/meminfo", "MemTotal:       65536 kB\n");
        file("/proc/self/cgroup", cgroup);
        for (String limit : limits.split(" ")) {
            String[] pair = limit.split("=");
            file("/sys/fs/cgroup/" + pair[0], pair[1] + "\n");
        }
        return probe(Map.of()).end().memoryBytes() >> 20;
    }

    @Test
    void theLeastLimitOfMemoryCounts() {
        assertEquals(64, memory("0::/a\n", "a/memory.max=max"));
        assertEquals(64, memory("0::/b\n", "b/memory.max=134217728"));
        assertEquals(32, memory("0::/c/d\n", "c/d/memory.max=33554432 c/memory.max=50331648"));
        assertEquals(16, memory("0::/e/f\n", "e/f/memory.max=max e/memory.max=16777216"));
        assertEquals(8, memory("7:cpu:/g\n4:memory:/h\n",
                "memory/h/memory.limit_in_bytes=8388608 memory/memory.limit_in_bytes=9223372036854771712"
                        + " cpu/g/memory.limit_in_bytes=4096"));
        assertEquals(4, memory("0::/not/visible/here\n", "memory.max=4194304"));
    }

    /** A virtual machine has no cpufreq. */
    @Test
    void theFrequencyMayBeInCpuinfo() {
        file("/proc/cpuinfo", "processor\t: 0\ncpu MHz\t\t: 2445.406\ncpu MHz\t\t: 1000\n");
        assertEquals(2445.406, probe(Map.of()).end().frequencyMhz());
    }

    /** Of a program whose name is made to be mistaken. */
    private static String stat(int user, int system) {
        return "1234 (a) R (b) S 1 2 3 4 5 6 7 8 9 10 " + user + " " + system + " 77 88 20 0 30 0 5\n";
    }

    @Test
    void aQuietMachineNeedsNoWarning() {
        assertEquals(List.of(), warnings(() -> {}));
        assertEquals(List.of(), warnings(() -> {
            file("/proc/self/stat", stat(1800, 100));
            file("/proc/stat", "cpu  2000 10 100 5000 50 0 10 10 0 0\n");
        }));
    }

    /** 950 ticks were the process's own; of 2,000 others had 460. */
    @Test
    void othersThatAreBusyAreSaid() {
        assertEquals(
                List.of("other processes had the CPUs for 23 % of the time"),
                warnings(() -> {
                    file("/proc/self/stat", stat(1800, 100));
                    file("/proc/stat", "cpu  2200 10 310 5590 50 0 10 0 0 0\n");
                }));
    }

    @Test
    void othersOnOtherCpusDoNotMatter() {
        file("/proc/self/status", "Name:\tjava\nCpus_allowed_list:\t1-2,5\n");
        String idle = "0 0 0 0 0 0 0 0 0 0\n";
        String busy = "700 0 0 300 0 0 0 0 0 0\n";
        file("/proc/self/stat", stat(0, 0));
        file("/proc/stat", "cpu 0" + idle + "cpu0 " + idle + "cpu1 " + idle + "cpu2 " + idle + "cpu5 " + idle);
        EnvironmentProbe probe = probe(Map.of());
        String allowed = "300 0 0 700 0 0 0 0 0 0\n";
        file("/proc/self/stat", stat(500, 0));
        file("/proc/stat", "cpu " + busy + "cpu0 " + busy + "cpu1 " + allowed + "cpu2 " + allowed + "cpu5 " + allowed);
        assertEquals(List.of(), probe.end().warnings());
        file("/proc/self/stat", stat(0, 0));
        assertEquals(List.of("other processes had the CPUs for 30 % of the time"), probe.end().warnings());
    }

    /** 100 of 1,000 ticks in which CPUs had work; that nine times as many were idle is no excuse. */
    @Test
    void stolenTimeIsSaid() {
        assertEquals(
                List.of("the hypervisor gave 10 % of the busy CPUs' time to other machines"),
                warnings(() -> file("/proc/stat", "cpu  1800 10 200 14000 50 0 10 100 0 0\n")));
    }

    @Test
    void throttlingIsSaid() {
        for (Map.Entry<String, String> system : Map.of(
                "0::/slice/a\n", "/sys/fs/cgroup/slice/a/cpu.stat",
                "4:memory:/m\n3:cpu,cpuacct:/b\n2:cpuset:/\n", "/sys/fs/cgroup/cpu,cpuacct/b/cpu.stat",
                "0::/not/visible/here\n", "/sys/fs/cgroup/cpu.stat").entrySet()) {
            file("/proc/self/cgroup", system.getKey());
            file(system.getValue(), "nr_periods 10\nnr_throttled 3\n");
            assertEquals(
                    List.of("the control group's quota stopped the process 4 times"),
                    warnings(() -> file(system.getValue(), "nr_periods 20\nnr_throttled 7\n")), system.getKey());
        }
    }
}
