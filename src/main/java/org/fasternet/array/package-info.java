/**
 * Arrays in the files of other programs, NumPy's {@code .npy}. Weights in files belong to {@link org.fasternet.checkpoint}.
 */
package org.fasternet.array;
