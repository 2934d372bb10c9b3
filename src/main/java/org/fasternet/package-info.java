/**
 * FasterNet and its kernels: what an application imports first.
 *
 * <p>{@link org.fasternet.FasterNet} is a model with its weights, {@link org.fasternet.Session} a model compiled to run,
 * {@link org.fasternet.Classifier} both with an image in front; {@link org.fasternet.Kernel} is a single layer on the caller's
 * own buffers. What these are made of has packages of its own, none of which knows this one but
 * {@link org.fasternet.onnx} and {@link org.fasternet.quantize}.
 */
package org.fasternet;
