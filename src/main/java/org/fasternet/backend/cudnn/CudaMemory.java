package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMemcpy;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import org.fasternet.backend.spi.DeviceMemory;

/** What a usable device has. */
final class CudaMemory implements DeviceMemory {
    @Override
    public long allocate(long bytes) {
        Cuda.use();
        return Cuda.allocate(bytes, "a buffer").address();
    }

    @Override
    public void free(long address) {
        Cuda.use();
        Cuda.check(cudaFree(new At(address)), "free device memory");
    }

    @Override
    public void copyFromHost(long device, long host, long bytes) {
        Cuda.use();
        Cuda.check(cudaMemcpy(new At(device), new At(host), bytes, cudaMemcpyHostToDevice), "copy to the device");
    }

    @Override
    public void copyToHost(long host, long device, long bytes) {
        Cuda.use();
        Cuda.check(cudaMemcpy(new At(host), new At(device), bytes, cudaMemcpyDeviceToHost), "copy from the device");
    }
}
