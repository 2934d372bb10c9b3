package org.fasternet.layer;

import java.util.Locale;
import org.fasternet.error.UnsupportedException;

/** The non-linearity between a block's two pointwise convolutions, and in the head. */
public enum Activation {
    /** {@code max(x, 0)}. */
    RELU,
    /** {@code x * (1 + erf(x / sqrt(2))) / 2}, the exact form (Hendrycks and Gimpel, 2016), not its tanh approximation. */
    GELU;

    /** Reads {@code relu} or {@code gelu} in any case; anything else is refused with a sentence. */
    public static Activation parse(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "relu" -> RELU;
            case "gelu" -> GELU;
            default -> throw new UnsupportedException("unknown activation '" + name + "': relu and gelu are known");
        };
    }

    /** The published rule: the two small variants, embed_dim 40 and 64, use GELU, all others ReLU. */
    public static Activation published(int embedDim) {
        return embedDim == 40 || embedDim == 64 ? GELU : RELU;
    }

    /** Of one value, in double precision; the same bits on every machine. */
    public double of(double x) {
        return this == RELU ? Math.max(x, 0) : x * (1 + Erf.of(x / Math.sqrt(2))) / 2;
    }

    /** The lower-case name, as in options and files. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
