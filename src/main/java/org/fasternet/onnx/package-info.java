/** Networks as ONNX files. Weights alone, in the formats that are read too, belong to {@link org.fasternet.checkpoint}. */
package org.fasternet.onnx;
