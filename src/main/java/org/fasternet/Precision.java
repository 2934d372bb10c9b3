package org.fasternet;

import java.util.Locale;

/** What weights and activations are stored in while a network runs; sums are f32 in every precision. */
public enum Precision {
    F32,
    /** bfloat16 storage, f32 accumulation and residual arithmetic. Needs a CPU with bf16 dot products or AVX-512. */
    BF16;

    /** Reads {@code f32} or {@code bf16} in any case; anything else is refused with a sentence. */
    public static Precision parse(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "f32" -> F32;
            case "bf16" -> BF16;
            default -> throw new UnsupportedException("unknown precision '" + name + "': f32 and bf16 are known");
        };
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
