package org.fasternet;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.fasternet.internal.abi.HostInfo;

/**
 * The CPU this process runs on and what it may use of it.
 *
 * @param cpuModel the model name the operating system gives
 * @param cpuFeatures the instruction set extensions that matter here and that the CPU has and the operating system has enabled,
 *     named as
 *     in {@code /proc/cpuinfo}
 * @param isas the instruction sets this library has kernels for and that may be used here, least demanding first, never empty.
 *     The
 *     environment variable {@code FASTERNET_MAX_ISA} leaves out those above the one it names.
 * @param cpus how many CPUs there are, and how many of them may be used
 * @param cacheBytes size in bytes of the data or unified cache of each level, level 1 first; empty if the operating system does
 *     not say
 */
public record Hardware(String cpuModel, List<String> cpuFeatures, List<String> isas, Cpus cpus, List<Long> cacheBytes) {
    public Hardware {
        cpuFeatures = List.copyOf(cpuFeatures);
        isas = List.copyOf(isas);
        cacheBytes = List.copyOf(cacheBytes);
    }

    /**
     * Reads the hardware, and the limits on this process as they are now.
     *
     * @throws org.fasternet.error.UnsupportedException if {@code FASTERNET_MAX_ISA} names an ISA this platform does not have
     * @throws org.fasternet.error.NativeException if the native library cannot be loaded
     */
    public static Hardware detect() {
        return new Hardware(
                HostInfo.cpuModel(), HostInfo.cpuFeatures(), HostInfo.isas(), Cpus.detect(), HostInfo.cacheBytes());
    }

    /** The most demanding of {@link #isas}, which is used unless another is asked for. */
    public String isa() {
        return isas.get(isas.size() - 1);
    }

    /**
     * How many CPUs there are and how many of them this process may use.
     *
     * @param online the machine's CPUs that are online
     * @param affinity CPUs in the affinity mask of the thread that asked; a container's cpuset shows here
     * @param quota how many CPUs' time the tightest quota of the process's cgroup and its ancestors allows, 0 if there is none
     * @param usable the least of these, the quota rounded up, at least 1: what a session takes as its number of threads by
     *     default
     */
    public record Cpus(int online, int affinity, double quota, int usable) {
        static Cpus detect() {
            HostInfo.CpuCount count = HostInfo.cpuCount();
            return new Cpus(count.online(), count.affinity(), count.quota(), count.usable());
        }

        /** How many may be used and what limits them, as in {@code "2 of 64: limited by the CPU quota of 1.5 CPUs"}. */
        public String reason() {
            String count = usable + " of " + online;
            if (quota > 0 && Math.ceil(quota) < affinity) {
                return count + ": limited by the CPU quota of " + decimal(quota) + " CPUs";
            }
            return affinity < online ? count + ": limited by the affinity mask" : count + ": no limit";
        }

        private static String decimal(double value) {
            return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
        }
    }
}
