package org.fasternet.tools.bench.op;

import java.util.Optional;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Layer;
import org.fasternet.tensor.Shape;

/**
 * An operator and what it is applied to. Two of them are equal if they are the same work.
 *
 * @param operator what is computed
 * @param src shape of the source
 * @param outputs channels of the result
 * @param activation the non-linearity of a block or the head; empty for the others
 */
public record OperatorShape(Operator operator, Shape src, int outputs, Optional<Activation> activation) {

    /** Channels of the source. */
    int channels() {
        return src.c();
    }

    /**
     * The layer itself with random weights, the same for the same seed.
     *
     * @throws org.fasternet.error.ShapeException if the source is too small for it, such as two channels for {@code pconv/4}
     */
    public Layer layer(long seed) {
        return operator.layer(this, seed);
    }

    @Override
    public String toString() {
        return operator.id() + " " + src + " to " + outputs;
    }
}
