package org.fasternet.backend.cudnn;

/**
 * What kernels of ours divide their work by.
 *
 * @param multiprocessors how many a device has
 * @param sharedOfBlock most bytes of shared memory that a thread block can have
 * @param sharedOfMultiprocessor bytes of shared memory that a multiprocessor's blocks have together
 */
record DeviceLimits(int multiprocessors, int sharedOfBlock, int sharedOfMultiprocessor) {}
