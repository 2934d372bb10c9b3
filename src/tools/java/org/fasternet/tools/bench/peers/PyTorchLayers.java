package org.fasternet.tools.bench.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Tensor;

/** Layers as chains of PyTorch's operators, from an N x C x H x W array to a new one. */
final class PyTorchLayers {
    private static final Shape ONE = new Shape(1, 1);
    private static final Shape ZERO = new Shape(0, 0);

    private final NDManager manager;

    /** @param manager owns the weights */
    PyTorchLayers(NDManager manager) {
        this.manager = manager;
    }

    List<UnaryOperator<NDArray>> of(List<NamedLayer> layers) {
        return layers.stream().map(named -> of(named.layer())).toList();
    }

    private UnaryOperator<NDArray> of(Layer layer) {
        if (layer instanceof PatchConv conv) {
            NDArray bias = array(conv.bias());
            return conv(array(conv.weights()), bias, new Shape(conv.size(), conv.size()), ZERO);
        } else if (layer instanceof Block block) {
            return block(block);
        } else if (layer instanceof Pool) {
            return x -> x.getNDArrayInternal().globalAvgPool();
        } else if (layer instanceof Pointwise pointwise) {
            return linear(pointwise);
        }
        throw new IllegalArgumentException("no operators for " + layer);
    }

    private UnaryOperator<NDArray> block(Block block) {
        UnaryOperator<NDArray> mix = partialConv(block.partial());
        UnaryOperator<NDArray> expand = conv(kernel1x1(block.expand()), array(block.bias()), ONE, ZERO);
        UnaryOperator<NDArray> activate = activation(block.activation());
        UnaryOperator<NDArray> project = conv(kernel1x1(block.project()), null, ONE, ZERO);
        return x -> {
            try (NDArray mixed = mix.apply(x);
                    NDArray hidden = expand.apply(mixed);
                    NDArray activated = activate.apply(hidden);
                    NDArray projected = project.apply(activated)) {
                return x.add(projected);
            }
        };
    }

    private UnaryOperator<NDArray> partialConv(PartialConv partial) {
        UnaryOperator<NDArray> conv = conv(array(partial.weights()), null, ONE, ONE);
        int touched = partial.partialChannels();
        if (touched == partial.channels()) {
            return conv;
        }
        return x -> {
            try (NDList parts = x.split(new long[] {touched}, 1);
                    NDArray convolved = conv.apply(parts.get(0))) {
                return convolved.concat(parts.get(1), 1);
            }
        };
    }

    private UnaryOperator<NDArray> linear(Pointwise pointwise) {
        NDArray weights = array(pointwise.weights());
        NDArray bias = array(pointwise.bias());
        UnaryOperator<NDArray> product = x -> Linear.linear(x, weights, bias).singletonOrThrow();
        return pointwise.activation().map(function -> chain(product, activation(function))).orElse(product);
    }

    private static UnaryOperator<NDArray> chain(UnaryOperator<NDArray> first, UnaryOperator<NDArray> second) {
        return x -> {
            try (NDArray between = first.apply(x)) {
                return second.apply(between);
            }
        };
    }

    /** @param bias null for none */
    private static UnaryOperator<NDArray> conv(NDArray weights, NDArray bias, Shape stride, Shape padding) {
        return x -> Conv2d.conv2d(x, weights, bias, stride, padding, ONE).singletonOrThrow();
    }

    private static UnaryOperator<NDArray> activation(Activation activation) {
        return switch (activation) {
            case RELU -> ai.djl.nn.Activation::relu;
            case GELU -> ai.djl.nn.Activation::gelu; // by erf, which is PyTorch's default
        };
    }

    private NDArray kernel1x1(Tensor matrix) {
        return manager.create(matrix.data(), new Shape(matrix.dim(0), matrix.dim(1), 1, 1));
    }

    private NDArray array(Tensor tensor) {
        return manager.create(tensor.data(), new Shape(Arrays.stream(tensor.shape()).asLongStream().toArray()));
    }

    private NDArray array(float[] vector) {
        return manager.create(vector);
    }
}
