/**
 * FasterNet and its kernels: what an application imports.
 *
 * <p>{@link org.fasternet.FasterNet} is a model with its weights, {@link org.fasternet.Session} a model compiled to run,
 * {@link org.fasternet.Classifier} both with an image in front; {@link org.fasternet.Kernel} is a single layer on the caller's
 * own buffers.
 */
package org.fasternet;
