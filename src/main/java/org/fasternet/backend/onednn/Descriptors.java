package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_gelu_erf;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_relu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_format_tag_any;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_submemory;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_strides;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_tag;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_eltwise;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_sum;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_post_ops;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scratchpad_mode;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s8;
import static org.bytedeco.dnnl.global.dnnl.dnnl_scratchpad_mode_user;
import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Activation;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.View;
import org.fasternet.tensor.Shape;

/** oneDNN's descriptions of our tensors and post-ops, owned by one {@link Resources}. */
final class Descriptors {
    private static final Map<ElementType, Integer> TYPES = Map.of(
            ElementType.F32, dnnl_f32, ElementType.BF16, dnnl_bf16, ElementType.U8, dnnl_u8, ElementType.S8, dnnl_s8,
            ElementType.S32, dnnl_s32);

    private final Resources resources;

    Descriptors(Resources resources) {
        this.resources = resources;
    }

    /** A buffer, or a channel slice of one as sub-memory: its data handle is the buffer's own address. */
    dnnl_memory_desc of(View view) {
        Shape shape = view.buffer().shape();
        Layout layout = view.buffer().layout();
        dnnl_memory_desc whole = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_strides(whole, 4, dims(shape), type(view.buffer().type()),
                        new long[] {layout.strideN(), layout.strideC(), layout.strideH(), layout.strideW()}),
                "describe " + view);
        own(whole);
        if (view.whole()) {
            return whole;
        }
        dnnl_memory_desc slice = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_submemory(slice, whole, dims(view.shape()), new long[] {0, view.first(), 0, 0}),
                "describe " + view);
        return own(slice);
    }

    /** Dense and row-major. */
    dnnl_memory_desc dense(ElementType type, int... sizes) {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        dnnl_memory_desc desc = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_strides(desc, sizes.length, widen(sizes), type(type), strides),
                "describe a tensor of " + Arrays.toString(sizes));
        return own(desc);
    }

    /** Laid out as the implementation likes best. */
    dnnl_memory_desc any(ElementType type, int... sizes) {
        dnnl_memory_desc desc = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_tag(desc, sizes.length, widen(sizes), type(type), dnnl_format_tag_any),
                "describe a tensor of " + Arrays.toString(sizes));
        return own(desc);
    }

    /**
     * The activation first, then the sum, because a residual is added to what the branch makes. The scratchpad is ours to place.
     */
    dnnl_primitive_attr attributes(Optional<Activation> activation, boolean accumulate) {
        return attributes(postOps -> {
            if (activation.isPresent()) {
                OneDnn.check(dnnl_post_ops_append_eltwise(postOps, algorithm(activation.get()), 0, 0), "append an activation");
            }
            if (accumulate) {
                OneDnn.check(dnnl_post_ops_append_sum(postOps, 1, 0, 0), "append a sum");
            }
        });
    }

    /** Attributes with what {@code append} makes of their post-ops. */
    dnnl_primitive_attr attributes(Consumer<dnnl_post_ops> append) {
        dnnl_primitive_attr attributes = new dnnl_primitive_attr();
        OneDnn.check(dnnl_primitive_attr_create(attributes), "create attributes");
        resources.add(attributes, a -> dnnl_primitive_attr_destroy(a));
        OneDnn.check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "set the scratchpad mode");
        dnnl_post_ops postOps = new dnnl_post_ops();
        OneDnn.check(dnnl_post_ops_create(postOps), "create post-ops");
        resources.add(postOps, p -> dnnl_post_ops_destroy(p));
        append.accept(postOps);
        OneDnn.check(dnnl_primitive_attr_set_post_ops(attributes, postOps), "set post-ops");
        return attributes;
    }

    private dnnl_memory_desc own(dnnl_memory_desc desc) {
        return resources.add(desc, d -> dnnl_memory_desc_destroy(d));
    }

    private static int algorithm(Activation activation) {
        return switch (activation) {
            case RELU -> dnnl_eltwise_relu;
            case GELU -> dnnl_eltwise_gelu_erf;
        };
    }

    private static int type(ElementType type) {
        return TYPES.get(type);
    }

    private static long[] dims(Shape shape) {
        return new long[] {shape.n(), shape.c(), shape.h(), shape.w()};
    }

    private static long[] widen(int[] sizes) {
        return Arrays.stream(sizes).asLongStream().toArray();
    }
}
