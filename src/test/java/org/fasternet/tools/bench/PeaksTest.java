package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeaksTest {
    private static final List<String> ISAS = List.of("portable", "avx2", "avx2_vnni", "avx512", "avx512_vnni", "avx512_bf16");

    @ParameterizedTest
    @CsvSource({"avx2, F32, avx2", "avx2_vnni, INT8, avx2_vnni", "avx512_core, F32, avx512", "avx512_core_vnni, INT8, avx512_vnni",
        "avx512_core_bf16, BF16, avx512_bf16", "avx512_core_fp16, BF16, avx512_bf16", "portable, F32, portable",
        "sse41, F32, ", "avx, F32, ", "avx512_core_amx, F32, avx512", "avx512_core_amx_fp16, F32, avx512",
        "avx512_core_amx, BF16, ", "neon, F32, "})
    void aPlansPeakIsThatOfItsOwnInstructionSet(String isa, Precision precision, String expected) {
        ExecutionPlan plan = new ExecutionPlan("onednn", isa, "jni", precision, 1, 0, 0, List.of());
        assertEquals(Optional.ofNullable(expected), Peaks.isaOf(plan, ISAS));
    }
}
