package org.fasternet.layer;

import java.util.List;
import java.util.Optional;
import org.fasternet.error.ShapeException;

/** Compares scales with the layers they are said to be of: as many, for as many channels, and zero points that stay in place. */
final class QuantizationCheck {
    private final String layer;
    private final Quantization.Scales scales;

    private QuantizationCheck(String layer, Quantization.Scales scales) {
        this.layer = layer;
        this.scales = scales;
    }

    static void check(List<NamedLayer> layers, Quantization quantization) {
        if (layers.size() != quantization.layers().size()) {
            throw new ShapeException(quantization.layers().size() + " layers' scales for " + layers.size() + " layers");
        }
        Optional<QuantizationParams> src = Optional.of(quantization.src());
        for (int i = 0; i < layers.size(); i++) {
            NamedLayer named = layers.get(i);
            if (src.isEmpty()) {
                throw new ShapeException(named.name() + ": follows a layer without a scale of its result, which is f32");
            }
            QuantizationCheck check = new QuantizationCheck(named.name(), quantization.layers().get(i));
            src = check.dst(named.layer(), src.get());
        }
    }

    private Optional<QuantizationParams> dst(Layer of, QuantizationParams src) {
        if (of instanceof FeatureTap) {
            count(0);
            return Optional.of(src);
        } else if (of instanceof Pool) {
            count(0);
        } else if (of instanceof Block block) {
            count(3);
            matrix(0, block.partial().partialChannels(), Optional.empty());
            matrix(1, block.hiddenChannels(), Optional.of(block.activation()));
            matrix(2, block.channels(), Optional.empty());
            inPlace(0, src);
            if (result(2).zeroPoint() != src.zeroPoint()) {
                throw fault("the result's zero point is " + result(2).zeroPoint() + ", " + src.zeroPoint()
                        + " is expected: the source's");
            }
            result(1);
        } else if (of instanceof PartialConv conv) {
            count(1);
            matrix(0, conv.partialChannels(), Optional.empty());
            inPlace(0, src);
        } else if (of instanceof PatchConv conv) {
            count(1);
            matrix(0, conv.bias().length, Optional.empty());
            result(0);
        } else if (of instanceof Pointwise pointwise) {
            count(1);
            matrix(0, pointwise.bias().length, pointwise.activation());
            if (pointwise.residual()) {
                throw fault("adds to what its destination holds: in int8 only a block adds");
            }
        } else {
            throw fault("a regular, grouped or depthwise convolution has no int8");
        }
        return scales.dst();
    }

    private void count(int matrices) {
        if (scales.matrices().size() != matrices) {
            throw fault(scales.matrices().size() + " matrices' scales, " + matrices + " are expected");
        }
    }

    private void matrix(int index, int channels, Optional<Activation> activation) {
        MatrixScales matrix = scales.matrices().get(index);
        if (matrix.weights().length != channels) {
            throw fault(matrix.weights().length + " weights' scales for " + channels + " channels");
        }
        boolean table = activation.equals(Optional.of(Activation.GELU));
        if (table != matrix.activated().isPresent()) {
            throw fault(table ? "a scale behind the activation is missing" : "a scale behind an activation, where there is no table");
        }
        if (activation.equals(Optional.of(Activation.RELU)) && result(index).zeroPoint() != 0) {
            throw fault("a zero point of " + result(index).zeroPoint() + " behind a ReLU, 0 is expected");
        }
    }

    private QuantizationParams result(int index) {
        return scales.matrices().get(index).result().orElseThrow(() -> fault("a scale of a result is missing"));
    }

    private void inPlace(int index, QuantizationParams src) {
        if (!result(index).equals(src)) {
            throw fault("the partial convolution's result is " + result(index) + ", " + src + " is expected: it lies in its source");
        }
    }

    private ShapeException fault(String sentence) {
        return new ShapeException(layer + ": " + sentence);
    }
}
