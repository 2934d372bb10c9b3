package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.fasternet.error.NativeException;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.NativeLibrary;

/** The loaded oneDNN: its one CPU engine, which lives as long as the process, and how its status codes read. */
final class OneDnn {
    /** On Arm oneDNN answers with x86's numbers, seen by asking it on one CPU of each kind. */
    private static final Map<Integer, String> ARM_ISA_NAMES = Map.of(
            dnnl.dnnl_cpu_isa_sse41, "asimd",
            dnnl.dnnl_cpu_isa_avx, "sve_128",
            dnnl.dnnl_cpu_isa_avx2, "sve_256",
            dnnl.dnnl_cpu_isa_avx512_core, "sve_512");

    private static final Map<Integer, String> X86_ISA_NAMES = Map.ofEntries(
            Map.entry(dnnl.dnnl_cpu_isa_sse41, "sse41"),
            Map.entry(dnnl.dnnl_cpu_isa_avx, "avx"),
            Map.entry(dnnl.dnnl_cpu_isa_avx2, "avx2"),
            Map.entry(dnnl.dnnl_cpu_isa_avx2_vnni, "avx2_vnni"),
            Map.entry(dnnl.dnnl_cpu_isa_avx2_vnni_2, "avx2_vnni_2"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core, "avx512_core"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core_fp16, "avx512_core_fp16"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"),
            Map.entry(dnnl.dnnl_cpu_isa_avx512_core_amx_fp16, "avx512_core_amx_fp16"),
            Map.entry(dnnl.dnnl_cpu_isa_avx10_2_512, "avx10_2_512"),
            Map.entry(dnnl.dnnl_cpu_isa_avx10_2_512_amx_2, "avx10_2_512_amx_2"));

    private static final Map<Integer, String> STATUS_NAMES = Map.of(
            dnnl.dnnl_out_of_memory, "out of memory",
            dnnl.dnnl_invalid_arguments, "invalid arguments",
            dnnl.dnnl_unimplemented, "unimplemented",
            dnnl.dnnl_runtime_error, "runtime error");

    private OneDnn() {}

    /** Why oneDNN cannot be used, asked once: the first error tells most, later ones only say that a class did not initialise. */
    static Optional<String> unavailable() {
        return Loaded.FAILURE;
    }

    static dnnl_engine engine() {
        return Loaded.ENGINE;
    }

    static String version() {
        dnnl_version_t version = dnnl_version();
        return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
    }

    /** The ISA that oneDNN uses, capped by ONEDNN_MAX_CPU_ISA. */
    static int isa() {
        return dnnl_get_effective_cpu_isa();
    }

    private static boolean isArm() {
        return Loader.getPlatform().endsWith("-arm64");
    }

    static String isaName() {
        Map<Integer, String> names = isArm() ? ARM_ISA_NAMES : X86_ISA_NAMES;
        return names.getOrDefault(isa(), "isa 0x" + Integer.toHexString(isa()));
    }

    static void check(int status, String action) {
        if (status != dnnl_success) {
            throw new NativeException("oneDNN could not " + action + ": "
                    + STATUS_NAMES.getOrDefault(status, "status " + status));
        }
    }

    private static final class Loaded {
        static final dnnl_engine ENGINE = new dnnl_engine();
        static final Optional<String> FAILURE = load();

        private static Optional<String> load() {
            try {
                NativeLibrary.load(Abi.class);
                NativeLibrary.load(dnnl.class);
                check(dnnl_engine_create(ENGINE, dnnl_cpu, 0), "create a CPU engine");
                return Optional.empty();
            } catch (NativeException e) {
                return Optional.of(e.getMessage());
            }
        }
    }
}
