/**
 * NVIDIA GPUs: steps of the sliding row as cuDNN's plans and a few CUDA kernels of our own, replayed as one CUDA graph.
 * Nothing outside this package touches CUDA, and {@code CudnnBackend} alone is loaded where CUDA is not asked for.
 */
package org.fasternet.backend.cudnn;
