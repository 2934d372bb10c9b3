package org.fasternet.backend.spi;

/** Memory of a device, by addresses of the device. Any thread may call it; copies are done when a call returns. */
public interface DeviceMemory {
    /**
     * @throws org.fasternet.error.UnsupportedException if there is no device of this number
     * @throws org.fasternet.error.NativeException if the device has not that much memory left
     */
    long allocate(long bytes);

    /** @param address of {@link #allocate} */
    void free(long address);

    /** @param host address of memory that the caller keeps alive */
    void copyFromHost(long device, long host, long bytes);

    /** @param host address of memory that the caller keeps alive */
    void copyToHost(long host, long device, long bytes);
}
