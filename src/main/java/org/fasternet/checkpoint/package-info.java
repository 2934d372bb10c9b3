/**
 * Weights in and out of files: PyTorch checkpoints and safetensors, and what they say of the network. What becomes of a weight
 * after batch normalisation is folded in is a back end's business.
 */
package org.fasternet.checkpoint;
