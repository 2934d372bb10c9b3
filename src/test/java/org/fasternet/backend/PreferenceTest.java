package org.fasternet.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Optional;
import org.fasternet.compute.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On CPUs that are not there. */
class PreferenceTest {
    @ParameterizedTest
    @CsvSource({
        "F32, portable, sse4_1, sse41, true",
        "F32, avx2, avx2 fma, avx2, false",
        "F32, avx512_bf16, avx512_bf16 amx_tile amx_bf16, avx512_core_amx, false",
        "BF16, avx512_bf16, avx512_bf16 amx_tile amx_bf16, avx512_core_amx, true",
        "BF16, avx512_bf16, avx512_bf16 amx_tile amx_bf16, avx512_core_amx_fp16, true",
        "BF16, avx512_bf16, avx512_bf16 amx_tile amx_bf16, avx512_core_bf16, false",
        "BF16, avx512_bf16, avx512_bf16 amx_tile amx_bf16, , false",
        "BF16, avx512_bf16, avx512_bf16, avx512_core_bf16, false",
        "BF16, neon_bf16, bf16, , false"
    })
    void tilesOfAmxAreOneDnns(Precision precision, String fusedIsa, String features, String oneDnnIsa, boolean oneDnn) {
        assertEquals(oneDnn, Preference.oneDnn(precision, fusedIsa, () -> List.of(features.split(" ")),
                () -> Optional.ofNullable(oneDnnIsa)));
    }

    /** It takes as long to load as the rest of a small model. */
    @Test
    void oneDnnIsNotLoadedToBeRejected() {
        assertFalse(Preference.oneDnn(Precision.F32, "avx2", List::of, () -> {
            throw new AssertionError();
        }));
        assertFalse(Preference.oneDnn(Precision.BF16, "avx512_bf16", () -> List.of("avx512_bf16"), () -> {
            throw new AssertionError();
        }));
    }
}
