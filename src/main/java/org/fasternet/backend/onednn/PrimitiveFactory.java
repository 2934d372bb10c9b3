package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_batch_normalization_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_inference;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_avg_exclude_padding;
import static org.bytedeco.dnnl.global.dnnl.dnnl_pooling_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_query_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_impl_info_str;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_scratchpad_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_query_weights_md;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_global_stats;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_scale;
import static org.bytedeco.dnnl.global.dnnl.dnnl_use_shift;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.schedule.Step;
import org.fasternet.tensor.Tensor;

/** Makes one oneDNN primitive of one step: implementation chosen, weights packed, memory of activations left to the caller. */
final class PrimitiveFactory {
    private static final long[] NONE = {0, 0};

    /**
     * A primitive whose activations have no memory yet; source and destination are the step's views.
     *
     * @param primitive ready to execute
     * @param implementation oneDNN's name for what it chose
     * @param constants weights and the like, by argument number
     * @param scratchpad what it needs while it runs
     */
    record Prepared(
            dnnl_primitive primitive, String implementation, Map<Integer, dnnl_memory> constants, dnnl_memory_desc scratchpad) {}

    private final Resources resources;
    private final Descriptors descriptors;
    private final Memories memories;
    private final ElementType computeType;
    private final PointerPointer<BytePointer> queried;

    PrimitiveFactory(Resources resources, Descriptors descriptors, Memories memories, ElementType computeType) {
        this.resources = resources;
        this.descriptors = descriptors;
        this.memories = memories;
        this.computeType = computeType;
        this.queried = new PointerPointer<>(NativeMemory.allocate(resources, Long.BYTES));
    }

    Prepared prepare(Step step) {
        if (step instanceof Step.Conv conv) {
            return convolution(conv);
        } else if (step instanceof Step.Copy copy) {
            return reorder(copy);
        } else if (step instanceof Step.Mean mean) {
            return pooling(mean);
        } else if (step instanceof Step.Int8Conv conv) {
            return int8Convolution(conv);
        } else if (step instanceof Step.Convert convert) {
            return conversion(convert);
        }
        return affine((Step.Affine) step);
    }

    private Prepared convolution(Step.Conv conv) {
        Map<Integer, dnnl_memory> fixed = new LinkedHashMap<>();
        conv.bias().ifPresent(bias -> fixed.put(DNNL_ARG_BIAS, memories.vector(bias)));
        return convolution(conv, grouped(conv), computeType, descriptors.attributes(conv.activation(), conv.accumulate()), fixed);
    }

    private Prepared int8Convolution(Step.Int8Conv step) {
        Int8Attributes attributes = new Int8Attributes(step, descriptors, memories);
        Tensor weights = new Tensor(step.conv().weights().shape(), attributes.matrix().weights());
        return convolution(step.conv(), weights, ElementType.S8, attributes.attributes(), attributes.arguments());
    }

    /** @param fixed arguments beside the weights, which are added to them; with a bias or without one */
    private Prepared convolution(
            Step.Conv conv, Tensor weights, ElementType type, dnnl_primitive_attr attributes, Map<Integer, dnnl_memory> fixed) {
        boolean biased = fixed.containsKey(DNNL_ARG_BIAS);
        dnnl_primitive_desc desc = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_convolution_forward_primitive_desc_create(
                        desc,
                        OneDnn.engine(),
                        dnnl_forward_inference,
                        dnnl_convolution_direct,
                        descriptors.of(conv.src()),
                        descriptors.any(type, weights.shape()),
                        biased ? descriptors.dense(ElementType.F32, conv.weights().dim(0)) : null,
                        descriptors.of(conv.dst()),
                        new long[] {conv.stride(), conv.stride()},
                        NONE,
                        new long[] {conv.padding(), conv.padding()},
                        new long[] {conv.padding(), conv.padding()},
                        attributes),
                "make a convolution for " + conv.label());
        fixed.put(DNNL_ARG_WEIGHTS, memories.packed(weights, dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0)));
        return finish(conv.label(), desc, fixed);
    }

    /** The weights as oneDNN wants them: more groups than one are an axis of their own, before the outputs of each. */
    private static Tensor grouped(Step.Conv conv) {
        Tensor weights = conv.weights();
        return conv.groups() == 1 ? weights : weights.withShape(
                conv.groups(), weights.dim(0) / conv.groups(), weights.dim(1), weights.dim(2), weights.dim(3));
    }

    private Prepared reorder(Step.Copy copy) {
        return reorder(copy, descriptors.attributes(Optional.empty(), false), Map.of());
    }

    private Prepared conversion(Step.Convert step) {
        Map<Integer, dnnl_memory> arguments = new LinkedHashMap<>();
        boolean stores = step.dst().buffer().type() == ElementType.U8;
        return reorder(step, Int8Attributes.conversion(step.stored(), stores, descriptors, memories, arguments), arguments);
    }

    private Prepared reorder(Step step, dnnl_primitive_attr attributes, Map<Integer, dnnl_memory> arguments) {
        dnnl_primitive_desc desc = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_reorder_primitive_desc_create(
                        desc,
                        descriptors.of(step.src()),
                        OneDnn.engine(),
                        descriptors.of(step.dst()),
                        OneDnn.engine(),
                        attributes),
                "make a reorder for " + step.label());
        return finish(step.label(), desc, arguments);
    }

    private Prepared pooling(Step.Mean mean) {
        long[] window = {mean.src().shape().h(), mean.src().shape().w()};
        dnnl_primitive_desc desc = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_pooling_forward_primitive_desc_create(
                        desc,
                        OneDnn.engine(),
                        dnnl_forward_inference,
                        dnnl_pooling_avg_exclude_padding,
                        descriptors.of(mean.src()),
                        descriptors.of(mean.dst()),
                        window,
                        window,
                        NONE,
                        NONE,
                        NONE,
                        descriptors.attributes(Optional.empty(), false)),
                "make a pooling for " + mean.label());
        return finish(mean.label(), desc, Map.of());
    }

    /** Batch normalisation with mean 0, variance 1 and epsilon 0: oneDNN's one primitive that scales and shifts per channel. */
    private Prepared affine(Step.Affine affine) {
        dnnl_primitive_desc desc = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_batch_normalization_forward_primitive_desc_create(
                        desc,
                        OneDnn.engine(),
                        dnnl_forward_inference,
                        descriptors.of(affine.src()),
                        descriptors.of(affine.dst()),
                        0,
                        dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift,
                        descriptors.attributes(Optional.empty(), false)),
                "make a normalisation for " + affine.label());
        float[] ones = new float[affine.scale().length];
        Arrays.fill(ones, 1);
        return finish(affine.label(), desc, Map.of(
                DNNL_ARG_MEAN, memories.vector(new float[ones.length]),
                DNNL_ARG_VARIANCE, memories.vector(ones),
                DNNL_ARG_SCALE, memories.vector(affine.scale()),
                DNNL_ARG_SHIFT, memories.vector(affine.shift())));
    }

    private Prepared finish(String label, dnnl_primitive_desc desc, Map<Integer, dnnl_memory> fixed) {
        resources.add(desc, d -> dnnl_primitive_desc_destroy(d));
        dnnl_primitive primitive = new dnnl_primitive();
        OneDnn.check(dnnl_primitive_create(primitive, desc), "create the primitive for " + label);
        resources.add(primitive, p -> dnnl_primitive_destroy(p));
        return new Prepared(
                primitive, implementation(desc), fixed, dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0));
    }

    private String implementation(dnnl_primitive_desc desc) {
        OneDnn.check(dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, queried), "name an implementation");
        return queried.get(BytePointer.class, 0).getString();
    }
}
