/** Weights in and out of files: PyTorch checkpoints and safetensors, and what they say of the network. */
package org.fasternet.checkpoint;
