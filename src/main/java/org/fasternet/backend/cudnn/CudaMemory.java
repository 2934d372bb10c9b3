package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import org.fasternet.backend.spi.DeviceMemory;

/** What a usable device has. */
final class CudaMemory implements DeviceMemory {
    private final int device;

    CudaMemory(int device) {
        this.device = device;
    }

    @Override
    public long allocate(long bytes) {
        Cuda.requireDevice(device);
        Cuda.use(device);
        return Cuda.allocate(bytes, "a buffer").address();
    }

    @Override
    public void free(long address) {
        Cuda.use(device);
        Cuda.check(cudaFree(new At(address)), "free device memory");
    }

    @Override
    public void copyFromHost(long to, long host, long bytes) {
        Cuda.use(device);
        Cuda.check(cudaMemcpy(new At(to), new At(host), bytes, cudaMemcpyHostToDevice), "copy to the device");
    }

    @Override
    public void copyToHost(long host, long from, long bytes) {
        Cuda.use(device);
        Cuda.check(cudaMemcpy(new At(host), new At(from), bytes, cudaMemcpyDeviceToHost), "copy from the device");
    }
}
