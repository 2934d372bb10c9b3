package org.fasternet.backend;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.fasternet.compute.Precision;

/** Which of the two back ends on the CPU is the faster one, by what was measured. */
final class Preference {
    private Preference() {}

    /**
     * Whether oneDNN is, not our own kernels.
     *
     * @param fusedIsa the best ISA of our kernels here
     * @param cpuFeatures by their names in {@code /proc/cpuinfo}
     * @param oneDnnIsa what oneDNN may use; empty if it cannot be had; asked for only if it matters, since oneDNN is loaded for it
     */
    static boolean oneDnn(
            Precision precision, String fusedIsa, Supplier<List<String>> cpuFeatures, Supplier<Optional<String>> oneDnnIsa) {
        // Our kernels for any CPU are plain C++; oneDNN has vectors for more kinds of CPU than we have.
        if (fusedIsa.equals("portable")) {
            return true;
        }
        // We have no kernels for tiles. In bf16 oneDNN's are 3 to 9 times as fast as our vectors on a CPU that has them (Sapphire
        // Rapids, T0 to S), whose vectors multiply bf16 at half the rate of f32.
        return precision == Precision.BF16
                && cpuFeatures.get().contains("amx_bf16")
                && oneDnnIsa.get().filter(isa -> isa.startsWith("avx512_core_amx")).isPresent();
    }
}
