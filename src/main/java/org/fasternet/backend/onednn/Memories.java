package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_get_size;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_execute;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_wait;

import java.util.Map;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.tensor.Scratch;
import org.fasternet.tensor.Tensor;

/** Memory objects: weights, packed once and kept, and the arguments of primitives. */
final class Memories {
    private final Resources resources;
    private final Descriptors descriptors;
    private final dnnl_stream stream;
    private final Scratch scratch = new Scratch();
    private long constantBytes;

    Memories(Resources resources, Descriptors descriptors, dnnl_stream stream) {
        this.resources = resources;
        this.descriptors = descriptors;
        this.stream = stream;
    }

    /** Bytes of all constants made so far. */
    long constantBytes() {
        return constantBytes;
    }

    static long bytes(dnnl_memory_desc desc) {
        return dnnl_memory_desc_get_size(desc);
    }

    /** A memory object at {@code data}, which may be null until an address is bound. */
    dnnl_memory at(dnnl_memory_desc desc, Pointer data) {
        return create(resources, desc, data);
    }

    /** A constant vector of f32. */
    dnnl_memory vector(float[] values) {
        return constant(descriptors.dense(ElementType.F32, values.length), values);
    }

    /** A constant of one whole number. */
    dnnl_memory integer(int value) {
        dnnl_memory_desc desc = descriptors.dense(ElementType.S32, 1);
        Pointer data = allocateConstant(bytes(desc));
        new IntPointer(data).put(value);
        return at(desc, data);
    }

    /** Weights in the layout and element type that an implementation asked for. */
    dnnl_memory packed(Tensor weights, dnnl_memory_desc wanted) {
        dnnl_memory packed = at(wanted, allocateConstant(bytes(wanted)));
        try (Resources temporary = new Resources()) {
            dnnl_memory_desc plain = new Descriptors(temporary).dense(ElementType.F32, weights.shape());
            Pointer data = NativeMemory.allocate(temporary, bytes(plain));
            new FloatPointer(data).put(scratch.values(weights), 0, weights.elements());
            reorder(temporary, plain, create(temporary, plain, data), wanted, packed);
        }
        return packed;
    }

    /** Arguments of one execution, in native memory. */
    dnnl_exec_arg_t arguments(Map<Integer, dnnl_memory> memories) {
        dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(NativeMemory.allocate(resources, (long) memories.size() * exactSize()));
        int i = 0;
        for (Map.Entry<Integer, dnnl_memory> entry : memories.entrySet()) {
            arguments.position(i++).arg(entry.getKey()).memory(entry.getValue());
        }
        return arguments.position(0);
    }

    private static int exactSize() {
        return Pointer.sizeof(dnnl_exec_arg_t.class);
    }

    private dnnl_memory constant(dnnl_memory_desc desc, float[] values) {
        Pointer data = allocateConstant(bytes(desc));
        new FloatPointer(data).put(values);
        return at(desc, data);
    }

    private Pointer allocateConstant(long bytes) {
        constantBytes += bytes;
        return NativeMemory.allocate(resources, bytes);
    }

    private void reorder(
            Resources temporary, dnnl_memory_desc srcDesc, dnnl_memory src, dnnl_memory_desc dstDesc, dnnl_memory dst) {
        dnnl_primitive_desc desc = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_reorder_primitive_desc_create(
                        desc, srcDesc, OneDnn.engine(), dstDesc, OneDnn.engine(), (dnnl_primitive_attr) null),
                "make a reorder of weights");
        temporary.add(desc, d -> dnnl_primitive_desc_destroy(d));
        dnnl_primitive primitive = new dnnl_primitive();
        OneDnn.check(dnnl_primitive_create(primitive, desc), "create a reorder of weights");
        temporary.add(primitive, p -> dnnl_primitive_destroy(p));
        dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(NativeMemory.allocate(temporary, 2L * exactSize()));
        arguments.position(0).arg(DNNL_ARG_SRC).memory(src);
        arguments.position(1).arg(DNNL_ARG_DST).memory(dst);
        OneDnn.check(dnnl_primitive_execute(primitive, stream, 2, arguments.position(0)), "reorder weights");
        OneDnn.check(dnnl_stream_wait(stream), "reorder weights");
    }

    private static dnnl_memory create(Resources owner, dnnl_memory_desc desc, Pointer data) {
        dnnl_memory memory = new dnnl_memory();
        OneDnn.check(dnnl_memory_create(memory, desc, OneDnn.engine(), data), "create a memory object");
        return owner.add(memory, m -> dnnl_memory_destroy(m));
    }
}
