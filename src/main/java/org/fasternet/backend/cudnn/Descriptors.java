package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_EXECUTION_FAILED;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BOOLEAN;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_CHAR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_FLOAT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_INT64;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_VOID_PTR;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendCreateDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendDestroyDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendFinalize;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendGetAttribute;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendSetAttribute;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudnn.cudnnBackendDescriptor_t;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;

/** cuDNN's backend descriptors and their attributes, owned by one {@link Resources}. For one thread at a time. */
final class Descriptors {
    /** Values of an attribute on their way: JavaCPP's own allocations would count the process's size against its limit. */
    private static final int SCRATCH_BYTES = 1 << 18;

    private final Resources resources;
    private final Pointer scratch;
    private final LongPointer count;

    Descriptors(Resources resources) {
        this.resources = resources;
        this.scratch = NativeMemory.allocate(resources, SCRATCH_BYTES);
        this.count = new LongPointer(NativeMemory.allocate(resources, Long.BYTES));
    }

    /** Of all that is created without another. */
    Resources owner() {
        return resources;
    }

    cudnnBackendDescriptor_t create(int type) {
        return create(type, resources);
    }

    /** A descriptor that {@code owner} destroys. */
    cudnnBackendDescriptor_t create(int type, Resources owner) {
        cudnnBackendDescriptor_t descriptor = new cudnnBackendDescriptor_t();
        Cuda.checkCudnn(cudnnBackendCreateDescriptor(type, descriptor), "create a descriptor");
        return owner.add(descriptor, d -> cudnnBackendDestroyDescriptor(d));
    }

    /**
     * Whether cuDNN accepts what was set.
     *
     * @throws org.fasternet.error.NativeException if it could not say, for want of memory or of a device
     */
    boolean finishes(cudnnBackendDescriptor_t descriptor) {
        int status = cudnnBackendFinalize(descriptor);
        if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED
                || status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED || status >= CUDNN_STATUS_EXECUTION_FAILED) {
            Cuda.checkCudnn(status, "make a plan");
        }
        return status == 0;
    }

    cudnnBackendDescriptor_t finish(cudnnBackendDescriptor_t descriptor, String what) {
        Cuda.checkCudnn(cudnnBackendFinalize(descriptor), "describe " + what);
        return descriptor;
    }

    void longs(cudnnBackendDescriptor_t descriptor, int attribute, long... values) {
        new LongPointer(scratch).put(values, 0, values.length);
        set(descriptor, attribute, CUDNN_TYPE_INT64, values.length);
    }

    /** @param type which enumeration the value is of */
    void number(cudnnBackendDescriptor_t descriptor, int attribute, int type, int value) {
        new IntPointer(scratch).put(value);
        set(descriptor, attribute, type, 1);
    }

    void scalar(cudnnBackendDescriptor_t descriptor, int attribute, float value) {
        new FloatPointer(scratch).put(value);
        set(descriptor, attribute, CUDNN_TYPE_FLOAT, 1);
    }

    void flag(cudnnBackendDescriptor_t descriptor, int attribute, boolean value) {
        new BytePointer(scratch).put((byte) (value ? 1 : 0));
        set(descriptor, attribute, CUDNN_TYPE_BOOLEAN, 1);
    }

    void text(cudnnBackendDescriptor_t descriptor, int attribute, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        try (Resources temporary = new Resources()) {
            Pointer memory = NativeMemory.allocate(temporary, bytes.length + 1L);
            new BytePointer(memory).put(bytes, 0, bytes.length);
            Cuda.checkCudnn(cudnnBackendSetAttribute(descriptor, attribute, CUDNN_TYPE_CHAR, bytes.length, memory),
                    "set attribute " + attribute);
        }
    }

    void pointers(cudnnBackendDescriptor_t descriptor, int attribute, long... addresses) {
        new LongPointer(scratch).put(addresses, 0, addresses.length);
        set(descriptor, attribute, CUDNN_TYPE_VOID_PTR, addresses.length);
    }

    /** @param type what the pointer is, such as a handle */
    void pointer(cudnnBackendDescriptor_t descriptor, int attribute, int type, Pointer value) {
        new PointerPointer<>(scratch).put(0, value);
        set(descriptor, attribute, type, 1);
    }

    void descriptors(cudnnBackendDescriptor_t descriptor, int attribute, List<cudnnBackendDescriptor_t> values) {
        PointerPointer<Pointer> pointers = new PointerPointer<>(scratch);
        for (int i = 0; i < values.size(); i++) {
            pointers.put(i, values.get(i));
        }
        set(descriptor, attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, values.size());
    }

    void descriptor(cudnnBackendDescriptor_t descriptor, int attribute, cudnnBackendDescriptor_t value) {
        descriptors(descriptor, attribute, List.of(value));
    }

    String getText(cudnnBackendDescriptor_t descriptor, int attribute) {
        Cuda.checkCudnn(cudnnBackendGetAttribute(descriptor, attribute, CUDNN_TYPE_CHAR, 0, count, new Pointer()),
                "measure attribute " + attribute);
        byte[] text = new byte[(int) count.get()];
        try (Resources temporary = new Resources()) {
            Pointer memory = NativeMemory.allocate(temporary, text.length + 1L);
            Cuda.checkCudnn(cudnnBackendGetAttribute(descriptor, attribute, CUDNN_TYPE_CHAR, text.length, count, memory),
                    "get attribute " + attribute);
            new BytePointer(memory).get(text);
        }
        int end = text.length;
        while (end > 0 && text[end - 1] == 0) {
            end--;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    long getLong(cudnnBackendDescriptor_t descriptor, int attribute) {
        get(descriptor, attribute, CUDNN_TYPE_INT64, 1);
        return new LongPointer(scratch).get();
    }

    /** Values of an enumeration. */
    List<Integer> getNumbers(cudnnBackendDescriptor_t descriptor, int attribute, int type, int most) {
        get(descriptor, attribute, type, most);
        List<Integer> values = new ArrayList<>();
        for (int i = 0; i < Math.min(most, count.get()); i++) {
            values.add(new IntPointer(scratch).get(i));
        }
        return values;
    }

    /** At most {@code most} descriptors that cuDNN fills, which must be of {@code type}, and {@code owner} destroys. */
    List<cudnnBackendDescriptor_t> getDescriptors(
            cudnnBackendDescriptor_t descriptor, int attribute, int type, int most, Resources owner) {
        List<cudnnBackendDescriptor_t> filled = new ArrayList<>();
        PointerPointer<Pointer> pointers = new PointerPointer<>(scratch);
        for (int i = 0; i < most; i++) {
            filled.add(create(type, owner));
            pointers.put(i, filled.get(i));
        }
        get(descriptor, attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, most);
        return filled.subList(0, (int) Math.min(most, count.get()));
    }

    private void set(cudnnBackendDescriptor_t descriptor, int attribute, int type, long values) {
        Cuda.checkCudnn(cudnnBackendSetAttribute(descriptor, attribute, type, values, scratch), "set attribute " + attribute);
    }

    private void get(cudnnBackendDescriptor_t descriptor, int attribute, int type, long most) {
        Cuda.checkCudnn(cudnnBackendGetAttribute(descriptor, attribute, type, most, count, scratch), "get attribute " + attribute);
    }
}
