/** Tensors, shapes and arrays in files. */
package org.fasternet.tensor;
