package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fasternet.error.FasterNetException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

class HardwareTest {
    /** What a JVM of its own sees: one line per fact. */
    static final class Probe {
        public static void main(String[] args) {
            try {
                Hardware hardware = Hardware.detect();
                System.out.println(hardware.isas() + " " + hardware.isa());
                System.out.println(hardware.cpus().reason());
            } catch (FasterNetException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }

    private static String probe(List<String> prefix, Map<String, String> environment) throws IOException, InterruptedException {
        ForkedJvm.Result result = ForkedJvm.run(prefix, environment, List.of(), Probe.class);
        assertEquals(0, result.status(), result.output());
        return result.output();
    }

    @Test
    void featuresAreThoseOfProcCpuinfo() throws IOException {
        assumeFalse(Boolean.getBoolean("fasternet.emulated"), "/proc/cpuinfo is of the real CPU");
        Hardware hardware = Hardware.detect();
        assertFalse(hardware.cpuModel().isBlank());
        List<String> lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
        Set<String> flags = new HashSet<>();
        lines.stream().filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                .forEach(line -> flags.addAll(Arrays.asList(line.substring(line.indexOf(':') + 1).trim().split(" "))));
        assumeTrue(!flags.isEmpty());
        flags.add("avx_ne_convert"); // Linux knows it, and does not list it
        assertTrue(flags.containsAll(hardware.cpuFeatures()), () -> hardware.cpuFeatures() + " not in " + flags);
        for (String name : List.of("avx2", "fma", "avx512f", "avx512_bf16", "asimd")) {
            assertEquals(flags.contains(name), hardware.cpuFeatures().contains(name), name);
        }
    }

    @Test
    void cachesAreThoseOfSysfs() throws IOException {
        List<Long> expected = new ArrayList<>();
        for (int index = 0; ; index++) {
            Path cache = Path.of("/sys/devices/system/cpu/cpu0/cache/index" + index);
            if (!Files.exists(cache)) {
                break;
            }
            if (!Files.readString(cache.resolve("type")).startsWith("Instruction")) {
                String size = Files.readString(cache.resolve("size")).trim();
                assertTrue(size.endsWith("K"), size);
                expected.add(Long.parseLong(size.substring(0, size.length() - 1)) * 1024);
            }
        }
        assertEquals(expected, Hardware.detect().cacheBytes());
    }

    @Test
    void isasEndAtTheCap() throws Exception {
        List<String> isas = Hardware.detect().isas();
        for (int cap = 0; cap < isas.size(); cap++) {
            String output = probe(List.of(), Map.of("FASTERNET_MAX_ISA", isas.get(cap)));
            assertTrue(output.startsWith(isas.subList(0, cap + 1) + " " + isas.get(cap) + "\n"), output);
        }
    }

    @Test
    void aCapOfUnknownNameIsRefused() throws Exception {
        String output = probe(List.of(), Map.of("FASTERNET_MAX_ISA", "avx1024"));
        String refusal = "UnsupportedException: FASTERNET_MAX_ISA is \"avx1024\", expected one of: portable";
        assertTrue(output.startsWith(refusal), output);
    }

    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "taskset is Linux")
    @Test
    void theAffinityMaskLimits() throws Exception {
        Hardware.Cpus cpus = Hardware.detect().cpus();
        assertTrue(cpus.usable() >= 1 && cpus.usable() <= cpus.affinity() && cpus.affinity() <= cpus.online(), cpus::toString);
        assumeTrue(cpus.online() > 1 && Files.isExecutable(Path.of("/usr/bin/taskset")));
        String allowed = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow().split("\\s+")[1];
        String first = allowed.split("[-,]")[0];
        String output = probe(List.of("/usr/bin/taskset", "-c", first), Map.of());
        assertTrue(output.contains("1 of " + cpus.online() + ": limited by the affinity mask"), output);
    }

    @Test
    void theReasonNamesWhatLimits() {
        assertEquals("64 of 64: no limit", new Hardware.Cpus(64, 64, 0, 64).reason());
        assertEquals("64 of 64: no limit", new Hardware.Cpus(64, 64, 64, 64).reason());
        assertEquals("2 of 64: limited by the CPU quota of 1.5 CPUs", new Hardware.Cpus(64, 64, 1.5, 2).reason());
        assertEquals("2 of 64: limited by the CPU quota of 2 CPUs", new Hardware.Cpus(64, 8, 2, 2).reason());
        assertEquals("8 of 64: limited by the affinity mask", new Hardware.Cpus(64, 8, 0, 8).reason());
        assertEquals("8 of 64: limited by the affinity mask", new Hardware.Cpus(64, 8, 7.5, 8).reason());
    }
}
