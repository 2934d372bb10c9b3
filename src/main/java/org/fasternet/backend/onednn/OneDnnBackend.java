package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2_vnni;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2_vnni_2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_vnni;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fasternet.backend.spi.Backend;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/** oneDNN primitives on the CPU, one after the other, run by one native call. */
public final class OneDnnBackend implements Backend {
    /**
     * What oneDNN must have for a precision.
     *
     * @param isas one of which it must use; none: any will do
     * @param hardware that has them
     */
    private record Needed(List<Integer> isas, String hardware) {}

    /** What we hand to oneDNN. */
    private static final Map<Precision, Needed> NEEDED = new EnumMap<>(Map.of(
            Precision.F32, new Needed(List.of(), Precision.F32.hardware()),
            Precision.BF16, new Needed(List.of(dnnl_cpu_isa_avx512_core_bf16, dnnl_cpu_isa_avx2_vnni_2), Precision.BF16.hardware()),
            // Without dot products of bytes its sums of two products saturate at 16 bits.
            Precision.INT8, new Needed(List.of(dnnl_cpu_isa_avx512_core_vnni, dnnl_cpu_isa_avx2_vnni),
                    "a CPU with VNNI, dot products of bytes")));

    @Override
    public String name() {
        return "onednn";
    }

    @Override
    public Processor processor() {
        return Processor.CPU;
    }

    @Override
    public Optional<String> unavailable() {
        return OneDnn.unavailable();
    }

    @Override
    public String version() {
        return OneDnn.version();
    }

    @Override
    public String isa() {
        return OneDnn.isaName();
    }

    @Override
    public Set<Precision> precisions() {
        return NEEDED.keySet();
    }

    /**
     * oneDNN computes bf16 without hardware for it too, by emulation or reference code; that is not what who asks for bf16 wants.
     */
    @Override
    public Optional<String> refuses(Precision precision, Optional<String> isa) {
        if (isa.isPresent()) {
            return Optional.of("ISA " + isa.get() + " was asked for, and oneDNN chooses its own, " + isa()
                    + " here, once per process: the environment variable ONEDNN_MAX_CPU_ISA caps it");
        }
        Needed needed = NEEDED.get(precision);
        return needed.isas.isEmpty() || needed.isas.stream().anyMatch(OneDnnBackend::includes)
                ? Optional.empty()
                : Optional.of(precision.id() + " needs " + needed.hardware + ", and oneDNN uses " + isa()
                        + " here; f32 works");
    }

    @Override
    public Optional<String> refuses(Network network) {
        return Optional.empty();
    }

    @Override
    public Program compile(ProgramSpec spec) {
        return OneDnnProgram.compile(spec);
    }

    private static boolean includes(int isa) {
        return (OneDnn.isa() & isa) == isa;
    }
}
