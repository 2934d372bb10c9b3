package org.fasternet;

import java.util.List;
import java.util.Locale;

/** What weights and activations are stored in while a network runs; sums are f32 in every precision. */
public enum Precision {
    /** True f32, on a GPU too: no TF32 in its place. */
    F32,
    /** f32 storage, products of values rounded to 10 bits of mantissa. A GPU's, from compute capability 8.0 on. */
    TF32,
    /** IEEE half precision storage, f32 accumulation. A GPU's. */
    F16,
    /**
     * bfloat16 storage, f32 accumulation and residual arithmetic. Needs a CPU with bf16 dot products or AVX-512, or a GPU of
     * compute capability 8.0.
     */
    BF16;

    /** Reads a name, as {@link #id} gives it, in any case; anything else is refused with a sentence. */
    public static Precision parse(String name) {
        for (Precision precision : values()) {
            if (precision.name().equalsIgnoreCase(name)) {
                return precision;
            }
        }
        throw new UnsupportedException("unknown precision '" + name + "': f32, tf32, f16 and bf16 are known");
    }

    /** Those that back ends on the CPU have; the others are for {@code cudnn} alone. */
    public static List<Precision> onCpu() {
        return List.of(F32, BF16);
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
