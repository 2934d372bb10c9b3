package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import org.bytedeco.javacpp.Pointer;
import org.fasternet.UnsupportedException;

/** Device memory by its address. Any thread may call. */
public final class DeviceMemory {
    private DeviceMemory() {}

    /** @throws UnsupportedException if there is no device; the message says why */
    public static long allocate(long bytes) {
        new CudnnBackend().unavailable().ifPresent(reason -> {
            throw new UnsupportedException("there is no device memory: " + reason);
        });
        Cuda.use();
        Pointer memory = new Pointer();
        Cuda.check(cudaMalloc(memory, bytes), "allocate " + bytes + " bytes of device memory");
        return memory.address();
    }

    public static void free(long address) {
        Cuda.use();
        Cuda.check(cudaFree(new At(address)), "free device memory");
    }

    public static void copyFromHost(long device, long host, long bytes) {
        Cuda.use();
        Cuda.check(cudaMemcpy(new At(device), new At(host), bytes, cudaMemcpyHostToDevice), "copy to the device");
    }

    public static void copyToHost(long host, long device, long bytes) {
        Cuda.use();
        Cuda.check(cudaMemcpy(new At(host), new At(device), bytes, cudaMemcpyDeviceToHost), "copy from the device");
    }
}
