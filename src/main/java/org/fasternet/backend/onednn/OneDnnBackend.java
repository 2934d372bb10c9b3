package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2_vnni_2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;

import java.util.Optional;
import org.fasternet.Precision;
import org.fasternet.SessionOptions;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Program;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/** oneDNN primitives on the CPU, one after the other, run by one native call. */
public final class OneDnnBackend implements Backend {
    @Override
    public String name() {
        return "onednn";
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

    /**
     * oneDNN computes bf16 without hardware for it too, by emulation or reference code; that is not what who asks for bf16 wants.
     */
    @Override
    public Optional<String> refuses(SessionOptions options) {
        if (options.isa().isPresent()) {
            return Optional.of("ISA " + options.isa().get() + " was asked for, and oneDNN chooses its own, " + isa()
                    + " here, once per process: the environment variable ONEDNN_MAX_CPU_ISA caps it");
        }
        if (!Precision.onCpu().contains(options.precision())) {
            return Optional.of(options.precision().id() + " is the GPU's: the back end cudnn has it; f32 works here");
        }
        boolean hasBf16 = includes(dnnl_cpu_isa_avx512_core_bf16) || includes(dnnl_cpu_isa_avx2_vnni_2);
        return options.precision() == Precision.BF16 && !hasBf16
                ? Optional.of("bf16 needs AVX-512 BF16 or AVX-NE-CONVERT, and oneDNN uses " + isa() + " here; f32 works")
                : Optional.empty();
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
