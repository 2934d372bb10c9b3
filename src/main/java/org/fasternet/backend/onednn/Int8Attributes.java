package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_SCALES;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_ZERO_POINTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_clip;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_gelu_erf;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_linear;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_round;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_eltwise;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_sum;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scales_mask;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_zero_points_mask;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.fasternet.int8.Int8Matrix;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.schedule.Step;

/**
 * What makes a convolution of oneDNN an {@link Int8Matrix}. Its weights' scales are steps of the sum in steps of the result, so that
 * no other scale is needed; a table is done as what it was made of: the sum rounded to 8 bits, then the activation.
 */
final class Int8Attributes {
    private static final int PER_TENSOR = 0;
    private static final int PER_OUTPUT = 1;

    private final Int8Matrix matrix;
    private final dnnl_primitive_attr attributes;
    private final Map<Integer, dnnl_memory> arguments = new LinkedHashMap<>();

    Int8Attributes(Step.Int8Conv step, Descriptors descriptors, Memories memories) {
        matrix = step.matrix();
        Optional<QuantizationParams> activated = step.matrixScales().activated();
        attributes = descriptors.attributes(postOps -> {
            if (step.conv().accumulate()) {
                int zeroPoint = matrix.result().orElseThrow().zeroPoint();
                OneDnn.check(dnnl_post_ops_append_sum(postOps, matrix.residualScale(), zeroPoint, 0), "append a sum");
            }
            activated.ifPresent(dst -> appendGelu(postOps, matrix.result().orElseThrow(), dst));
        });
        setScales(attributes, DNNL_ARG_WEIGHTS, PER_OUTPUT);
        arguments.put(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memories.vector(matrix.scale()));
        arguments.put(DNNL_ARG_BIAS, memories.vector(bias(step)));
        putZeroPoint(attributes, DNNL_ARG_SRC, step.read(), memories, arguments);
        activated.or(matrix::result).ifPresent(dst -> putZeroPoint(attributes, DNNL_ARG_DST, dst, memories, arguments));
    }

    /** In steps of the result; the source's zero point oneDNN takes away itself, at the border too. */
    private float[] bias(Step.Int8Conv step) {
        int[] own = matrix.ownBias(step.read());
        float[] bias = new float[own.length];
        for (int o = 0; o < bias.length; o++) {
            bias[o] = (float) ((double) own[o] * matrix.scale()[o]);
        }
        return bias;
    }

    private static void appendGelu(dnnl_post_ops postOps, QuantizationParams sum, QuantizationParams dst) {
        append(postOps, dnnl_eltwise_round, 0, 0);
        append(postOps, dnnl_eltwise_clip, -sum.zeroPoint(), QuantizationParams.MAX - sum.zeroPoint());
        append(postOps, dnnl_eltwise_linear, sum.scale(), 0);
        append(postOps, dnnl_eltwise_gelu_erf, 0, 0);
        append(postOps, dnnl_eltwise_linear, 1 / dst.scale(), 0);
    }

    private static void append(dnnl_post_ops postOps, int algorithm, float alpha, float beta) {
        OneDnn.check(dnnl_post_ops_append_eltwise(postOps, algorithm, alpha, beta), "append an operation");
    }

    private static void setScales(dnnl_primitive_attr attributes, int argument, int mask) {
        OneDnn.check(dnnl_primitive_attr_set_scales_mask(attributes, argument, mask), "set scales");
    }

    private static void putZeroPoint(
            dnnl_primitive_attr attributes, int argument, QuantizationParams stored, Memories memories,
            Map<Integer, dnnl_memory> arguments) {
        if (stored.zeroPoint() == 0) {
            return;
        }
        OneDnn.check(dnnl_primitive_attr_set_zero_points_mask(attributes, argument, PER_TENSOR), "set a zero point");
        arguments.put(DNNL_ARG_ATTR_ZERO_POINTS | argument, memories.integer(stored.zeroPoint()));
    }

    /**
     * Attributes of a copy between f32 and 8 bits.
     *
     * @param stores whether the 8 bits are what is made
     * @param arguments get scale and zero point
     */
    static dnnl_primitive_attr conversion(
            QuantizationParams stored, boolean stores, Descriptors descriptors, Memories memories,
            Map<Integer, dnnl_memory> arguments) {
        dnnl_primitive_attr attributes = descriptors.attributes(postOps -> {});
        int argument = stores ? DNNL_ARG_DST : DNNL_ARG_SRC;
        setScales(attributes, argument, PER_TENSOR);
        arguments.put(DNNL_ARG_ATTR_SCALES | argument, memories.vector(new float[] {stored.scale()}));
        putZeroPoint(attributes, argument, stored, memories, arguments);
        return attributes;
    }

    Int8Matrix matrix() {
        return matrix;
    }

    dnnl_primitive_attr attributes() {
        return attributes;
    }

    /** Bias, scales and zero points. */
    Map<Integer, dnnl_memory> arguments() {
        return arguments;
    }
}
