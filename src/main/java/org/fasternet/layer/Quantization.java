package org.fasternet.layer;

import java.util.List;
import java.util.Optional;

/**
 * How a chain is computed in 8 bits. Activations are 8 bits without a sign, {@link QuantizationParams}; weights are whole numbers from
 * -127 to 127 times {@link MatrixScales#weights}. For an output channel o of a matrix, of the stored values a that it reads and, where
 * the result is added to a block's source, of the stored x there,
 *
 * <pre>{@code
 * sum = bias[o] + a[0] * weights[o][0] + a[1] * weights[o][1] + ...       integers of 32 bits
 * q   = saturate(round(f32(sum) * scale[o] + f32(x - zeroPoint) * residualScale) + zeroPoint)
 * }</pre>
 *
 * with, in steps of the scales, {@code bias} the layer's own and the correction, less what the zero point of a adds;
 * {@code scale[o] = srcScale * weights[o] / dstScale}; {@code residualScale} the scale of x over that of the result. Operations on f32
 * round to nearest, ties to even, each for itself; {@code round} does so too; {@code saturate} is to 0 and 255. A ReLU is the
 * saturation of a result whose zero point is 0. A GELU is a table of 256 values, {@code round(gelu(real(q)) / scale) + zeroPoint}. A
 * 3x3 convolution's border is full of zero points. A pool rounds {@code (mean + (-zeroPoint)) * scale}, its mean in f32. So the
 * result is the same bits on every ISA, for any number of threads, in any order of summing; {@code onednn} is within a step of it.
 *
 * @param src what its source is stored as
 * @param layers of each layer, in their order
 */
public record Quantization(QuantizationParams src, List<Scales> layers) {
    public Quantization {
        layers = List.copyOf(layers);
    }

    /**
     * Of one layer. A partial convolution's result lies in its source, whose scale and zero point it has; a block's result may have
     * another scale than its source, but has its zero point.
     *
     * @param matrices one; a block's convolution, expansion and projection; none for a layer without weights
     * @param dst its result; empty for a layer that passes its source on, or whose result is f32
     */
    public record Scales(List<MatrixScales> matrices, Optional<QuantizationParams> dst) {
        public Scales {
            matrices = List.copyOf(matrices);
        }

        public static Scales of(MatrixScales matrix) {
            return new Scales(List.of(matrix), matrix.result());
        }

        public static Scales of(MatrixScales conv, MatrixScales expand, MatrixScales project) {
            return new Scales(List.of(conv, expand, project), project.result());
        }

        /** Of a pool. */
        public static Scales of(QuantizationParams dst) {
            return new Scales(List.of(), Optional.of(dst));
        }

        /** Of a feature tap. */
        public static Scales passing() {
            return new Scales(List.of(), Optional.empty());
        }
    }
}
