package org.fasternet.tools.bench.op;

import java.util.List;
import java.util.Optional;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Tensor;

/** Scales for {@link BenchmarkWeights}, which keep what they are applied to about as large as it is. */
final class BenchmarkScales {
    private static final QuantizationParams VALUES = new QuantizationParams(1 / 32f, 128);
    private static final QuantizationParams POSITIVE = new QuantizationParams(1 / 64f, 0);

    private BenchmarkScales() {}

    /** @throws UnsupportedException for a convolution that no FasterNet has */
    static Quantization of(Layer layer) {
        return new Quantization(VALUES, List.of(scales(layer)));
    }

    private static Quantization.Scales scales(Layer layer) {
        if (layer instanceof Block block) {
            MatrixScales expand = matrix(block.expand(), block.bias(), Optional.of(block.activation()));
            QuantizationParams hidden = expand.result().orElseThrow();
            return Quantization.Scales.of(conv(block.partial()), expand, MatrixScales.ofLargest(
                    block.project(), new float[block.channels()], hidden, Optional.of(VALUES), Optional.empty()));
        } else if (layer instanceof PartialConv partial) {
            return Quantization.Scales.of(conv(partial));
        } else if (layer instanceof PatchConv patch) {
            return Quantization.Scales.of(matrix(patch.weights(), patch.bias(), Optional.empty()));
        } else if (layer instanceof Pointwise pointwise) {
            return Quantization.Scales.of(matrix(pointwise.weights(), pointwise.bias(), pointwise.activation()));
        }
        throw new UnsupportedException("a regular, grouped or depthwise convolution has no int8: FasterNet has none of them");
    }

    private static MatrixScales conv(PartialConv conv) {
        return matrix(conv.weights(), new float[conv.partialChannels()], Optional.empty());
    }

    private static MatrixScales matrix(Tensor weights, float[] bias, Optional<Activation> activation) {
        boolean relu = activation.equals(Optional.of(Activation.RELU));
        boolean table = activation.equals(Optional.of(Activation.GELU));
        return MatrixScales.ofLargest(
                weights, bias, VALUES, Optional.of(relu ? POSITIVE : VALUES), table ? Optional.of(VALUES) : Optional.empty());
    }
}
