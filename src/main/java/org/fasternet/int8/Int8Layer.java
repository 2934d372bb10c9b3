package org.fasternet.int8;

import java.util.List;
import java.util.Optional;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;

/** The matrices of layers in 8 bits. */
public final class Int8Layer {
    private Int8Layer() {}

    /**
     * A matrix of a layer.
     *
     * @param src what the layer reads
     * @param index in the order of {@link Quantization.Scales}
     * @throws ShapeException if the scales are so far apart that its sums do not fit
     */
    public static Int8Matrix matrix(NamedLayer named, QuantizationParams src, Quantization.Scales scales, int index) {
        try {
            return matrix(named.layer(), src, scales.matrices(), index);
        } catch (ShapeException e) {
            throw new ShapeException(named.name() + ": " + e.getMessage());
        }
    }

    /** What a matrix of a layer reads: a block's projection, what its expansion makes. */
    public static QuantizationParams src(QuantizationParams src, Quantization.Scales scales, int index) {
        return index == 2 ? scales.matrices().get(1).result().orElseThrow() : src;
    }

    private static Int8Matrix matrix(Layer layer, QuantizationParams src, List<MatrixScales> scales, int index) {
        MatrixScales own = scales.get(index);
        if (layer instanceof Block block) {
            return switch (index) {
                case 0 -> conv(block.partial(), src, own);
                case 1 -> Int8Matrix.of(block.expand(), block.bias(), Optional.of(block.activation()), src, own);
                default -> Int8Matrix.of(block.project(), new float[block.channels()], Optional.empty(),
                        scales.get(1).result().orElseThrow(), own).addedTo(src);
            };
        } else if (layer instanceof PartialConv partial) {
            return conv(partial, src, own);
        } else if (layer instanceof PatchConv patch) {
            return Int8Matrix.of(patch.weights(), patch.bias(), Optional.empty(), src, own);
        }
        Pointwise pointwise = (Pointwise) layer;
        return Int8Matrix.of(pointwise.weights(), pointwise.bias(), pointwise.activation(), src, own);
    }

    private static Int8Matrix conv(PartialConv conv, QuantizationParams src, MatrixScales scales) {
        return Int8Matrix.of(conv.weights(), new float[conv.partialChannels()], Optional.empty(), src, scales);
    }
}
