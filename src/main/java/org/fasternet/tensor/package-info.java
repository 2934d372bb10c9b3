/**
 * Shapes, and tensors of weights with the types they are stored as in files. Tensors in memory while a network runs are
 * buffers of {@code schedule}.
 */
package org.fasternet.tensor;
