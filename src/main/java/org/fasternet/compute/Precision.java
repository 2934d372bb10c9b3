package org.fasternet.compute;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.fasternet.error.UnsupportedException;

/**
 * What a network is computed in. Options, help texts, reports and refusals are made from these rows; a back end says in its own
 * folder which of them it has kernels for.
 */
public enum Precision {
    /** True f32, on a GPU too: no TF32 in its place. */
    F32(ElementType.F32, EnumSet.allOf(Processor.class), 0, 1e-4, "every CPU and GPU"),
    /** f32 storage, products of values rounded to 10 bits of mantissa. */
    TF32(ElementType.F32, EnumSet.of(Processor.GPU), 80, 2e-3, "a GPU of compute capability 8.0"),
    /** IEEE half precision storage. */
    F16(ElementType.F16, EnumSet.of(Processor.GPU), 0, 2e-3, "a GPU"),
    /** bfloat16 storage, f32 residual arithmetic. */
    BF16(ElementType.BF16, EnumSet.allOf(Processor.class), 80, 3e-2,
            "a CPU with AVX-512 BF16, AVX-NE-CONVERT or Arm's bf16 dot products, or a GPU of compute capability 8.0"),
    /**
     * 8 bits with scales that a quantized network brings with it, sums of 32 bits: by {@code fused} the same result on every CPU, to the
     * bit. What is computed, {@code org.fasternet.layer.Quantization} says.
     */
    INT8(ElementType.U8, EnumSet.of(Processor.CPU), 0, 0.2, "a CPU");

    private final ElementType stored;
    private final Set<Processor> processors;
    private final int capability;
    private final double tolerance;
    private final String hardware;

    Precision(ElementType stored, Set<Processor> processors, int capability, double tolerance, String hardware) {
        this.stored = stored;
        this.processors = processors;
        this.capability = capability;
        this.tolerance = tolerance;
        this.hardware = hardware;
    }

    /** Reads a name, as {@link #id} gives it, in any case; anything else is refused with a sentence. */
    public static Precision parse(String name) {
        return Arrays.stream(values()).filter(precision -> precision.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new UnsupportedException("unknown precision '" + name + "': " + known() + " are known"));
    }

    /** All names, with commas between them, as help texts list them. */
    public static String known() {
        return Arrays.stream(values()).map(Precision::id).collect(Collectors.joining(", "));
    }

    /** Those that a kind of processor can compute in. */
    public static List<Precision> on(Processor processor) {
        return Arrays.stream(values()).filter(precision -> precision.processors.contains(processor)).toList();
    }

    /** The lower-case name, as in options and reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What weights and activations are stored in. */
    public ElementType stored() {
        return stored;
    }

    /** What products are added up in; integers of 32 bits are none of the types of a tensor. */
    public String accumulated() {
        return this == INT8 ? "int32" : "f32";
    }

    /** Whether a network must say how its tensors are stored: {@link org.fasternet.layer.Network#quantization}. */
    public boolean needsScales() {
        return this == INT8;
    }

    /** The least compute capability of a GPU that has it, 80 for 8.0; 0: every one has it. */
    public int capability() {
        return capability;
    }

    /**
     * How far an output may be from f32's, as a part of the largest output: each block rounds the residual stream once, 13 to 28
     * times in the published networks.
     */
    public double tolerance() {
        return tolerance;
    }

    /** What can compute in it, as part of a sentence. */
    public String hardware() {
        return hardware;
    }
}
