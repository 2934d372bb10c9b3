/**
 * This library's own engine on the CPU, by {@code libfasternet}: hands it layers and shapes. Kernels and schedule of the
 * engine are C++, in {@code cpp}.
 */
package org.fasternet.backend.fused;
