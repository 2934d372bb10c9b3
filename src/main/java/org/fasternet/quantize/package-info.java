/**
 * Quantizing a trained network after training: what its activations are on images of calibration, the scales that follow, and how
 * faithful the result is.
 */
package org.fasternet.quantize;
