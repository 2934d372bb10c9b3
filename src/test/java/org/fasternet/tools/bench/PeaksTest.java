package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeaksTest {
    private static final List<String> ISAS = List.of("portable", "avx2", "avx512", "avx512_bf16");

    @ParameterizedTest
    @CsvSource({"avx2, avx2", "avx2_vnni, avx2", "avx512_core, avx512", "avx512_core_vnni, avx512",
        "avx512_core_bf16, avx512_bf16", "avx512_core_fp16, avx512_bf16", "portable, portable", "sse41, ",
        "avx, ", "avx512_core_amx, ", "neon, "})
    void aPlansPeakIsThatOfItsOwnInstructionSet(String isa, String expected) {
        ExecutionPlan plan = new ExecutionPlan("onednn", isa, "jni", Precision.F32, 1, 0, 0, List.of());
        assertEquals(Optional.ofNullable(expected), Peaks.isaOf(plan, ISAS));
    }
}
