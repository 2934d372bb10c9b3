package org.fasternet.int8;

import java.util.List;
import java.util.Optional;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Affine;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Quantization;

/** What a layer is in 8 bits: as {@link Quantization.Scales}, with everything worked out. */
public final class Int8Layer {
    private Int8Layer() {}

    /**
     * The matrices of a layer, in the order of {@link Quantization.Scales}.
     *
     * @param src what it reads
     * @throws ShapeException if its scales are so far apart that its sums do not fit
     */
    public static List<Int8Matrix> matrices(NamedLayer named, Affine src, Quantization.Scales scales) {
        try {
            return matrices(named.layer(), src, scales.matrices());
        } catch (ShapeException e) {
            throw new ShapeException(named.name() + ": " + e.getMessage());
        }
    }

    private static List<Int8Matrix> matrices(Layer layer, Affine src, List<MatrixScales> scales) {
        if (layer instanceof Block block) {
            Affine hidden = scales.get(1).result().orElseThrow();
            Int8Matrix project = Int8Matrix.of(block.project(), new float[block.channels()], Optional.empty(), hidden, scales.get(2));
            return List.of(
                    conv(block.partial(), src, scales.get(0)),
                    Int8Matrix.of(block.expand(), block.bias(), Optional.of(block.activation()), src, scales.get(1)),
                    project.addedTo(src));
        } else if (layer instanceof PartialConv partial) {
            return List.of(conv(partial, src, scales.get(0)));
        } else if (layer instanceof PatchConv patch) {
            return List.of(Int8Matrix.of(patch.weights(), patch.bias(), Optional.empty(), src, scales.get(0)));
        } else if (layer instanceof Pointwise pointwise) {
            return List.of(
                    Int8Matrix.of(pointwise.weights(), pointwise.bias(), pointwise.activation(), src, scales.get(0)));
        }
        return List.of();
    }

    private static Int8Matrix conv(PartialConv conv, Affine src, MatrixScales scales) {
        return Int8Matrix.of(conv.weights(), new float[conv.partialChannels()], Optional.empty(), src, scales);
    }
}
