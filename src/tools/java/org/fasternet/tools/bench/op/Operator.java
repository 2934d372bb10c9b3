package org.fasternet.tools.bench.op;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Layer;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;

/**
 * The operators of the benchmark. The 3x3 convolutions keep the number of channels, so that they can stand in for each other;
 * none but the block and the head has a non-linearity.
 */
public enum Operator {
    CONV("conv3x3", (shape, weights) -> weights.conv(shape, 1)),
    PCONV_2("pconv/2", (shape, weights) -> weights.partialConv(shape.channels(), 2)),
    /** The published n_div. */
    PCONV_4("pconv/4", (shape, weights) -> weights.partialConv(shape.channels(), 4)),
    PCONV_8("pconv/8", (shape, weights) -> weights.partialConv(shape.channels(), 8)),
    DWCONV("dwconv3x3", (shape, weights) -> weights.conv(shape, shape.channels())),
    /** 16 groups as in the paper's comparison, or as many as there can be. */
    GCONV("gconv3x3", (shape, weights) -> weights.conv(shape, largestDivisor(shape.channels(), 16))),
    /** A block's first pointwise convolution alone. */
    EXPAND("pointwise/expand", Operator::pointwise),
    /** A block's second pointwise convolution alone, without the residual. */
    PROJECT("pointwise/project", Operator::pointwise),
    BLOCK("block", (shape, weights) -> weights.block(shape.channels(), shape.activation().orElseThrow())),
    /** The patch embedding. */
    PATCH("patch", (shape, weights) -> patchConv(shape, weights, 4)),
    MERGE("merge", (shape, weights) -> patchConv(shape, weights, 2)),
    /** The pooled channels to the head's features. */
    HEAD("head", Operator::pointwise),
    /** The head's features to the logits. */
    CLASSIFIER("classifier", Operator::pointwise);

    private final String id;
    private final Factory factory;

    private interface Factory {
        Layer layer(OperatorShape shape, BenchmarkWeights weights);
    }

    Operator(String id, Factory factory) {
        this.id = id;
        this.factory = factory;
    }

    /** As in options and reports, such as {@code pconv/4}. */
    public String id() {
        return id;
    }

    /** Reads an {@link #id}; anything else is refused with a sentence. */
    public static Operator parse(String id) {
        return Arrays.stream(values()).filter(operator -> operator.id.equals(id)).findFirst().orElseThrow(
                () -> new UnsupportedException("unknown operator '" + id + "': "
                        + Arrays.stream(values()).map(Operator::id).collect(Collectors.joining(", ")) + " are known"));
    }

    /** The layer for a shape of this operator, with random weights: the same for the same seed. */
    Layer layer(OperatorShape shape, long seed) {
        return factory.layer(shape, new BenchmarkWeights(seed));
    }

    private static Layer pointwise(OperatorShape shape, BenchmarkWeights weights) {
        Optional<Activation> activation = shape.activation();
        return new Pointwise(weights.tensor(shape.outputs(), shape.channels()), weights.bias(shape.outputs()), activation, false);
    }

    private static Layer patchConv(OperatorShape shape, BenchmarkWeights weights, int size) {
        return new PatchConv(weights.tensor(shape.outputs(), shape.channels(), size, size), weights.bias(shape.outputs()));
    }

    private static int largestDivisor(int channels, int limit) {
        int divisor = Math.min(channels, limit);
        while (channels % divisor != 0) {
            divisor--;
        }
        return divisor;
    }
}
