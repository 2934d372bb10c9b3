package org.fasternet.layer;

import java.util.List;
import java.util.Optional;

/**
 * How a chain is computed in 8 bits.
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
