package org.fasternet.tools.bench.op;

import org.fasternet.compute.Precision;
import org.fasternet.layer.Layer;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Shape;

/**
 * What one run of an operator costs at least, whoever computes it. Operations over bytes is the arithmetic intensity of a
 * roofline (Williams et al., 2009).
 *
 * @param multiplyAdds multiplications with an addition, bias and activation not counted
 * @param leastBytes what must move between memory and CPU if nothing is cached before and nothing moves twice: the source, the
 *     result and the weights, biases not counted. A partial convolution in place leaves alone the channels that it does not
 *     convolve; a block in place reads all and writes all.
 */
public record OperatorCost(long multiplyAdds, long leastBytes) {

    /**
     * @param layer the operator
     * @param src shape of its source
     * @param precision of source, result and weights
     */
    public static OperatorCost of(Layer layer, Shape src, Precision precision) {
        Shape read = layer instanceof PartialConv partial ? src.withChannels(partial.partialChannels()) : src;
        Shape written = layer instanceof PartialConv ? read : layer.dst(src);
        long elements = (long) read.elements() + written.elements() + layer.weightElements();
        return new OperatorCost(layer.multiplyAdds(src), elements * precision.stored().bytes());
    }

    /** Floating-point operations: two for each multiply-add. The paper calls the multiply-adds FLOPs. */
    public long flops() {
        return 2 * multiplyAdds;
    }
}
