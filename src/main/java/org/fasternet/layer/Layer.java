package org.fasternet.layer;

import org.fasternet.tensor.Shape;

/**
 * One link of the chain that a FasterNet is, or what such a link is compared with. A layer knows its weights and what it makes of
 * a shape; how it is computed is a back end's business. Layers are immutable and shared by threads; their arrays are not copied
 * and must not be written to.
 */
public sealed interface Layer permits Block, Conv, FeatureTap, PartialConv, PatchConv, Pointwise, Pool {

    /**
     * The shape that this layer makes of {@code src}.
     *
     * @throws org.fasternet.error.ShapeException if {@code src} does not fit the weights or is too small
     */
    Shape dst(Shape src);

    /** Multiply-adds for one pass over {@code src}, bias and activation not counted. */
    long multiplyAdds(Shape src);

    /** How many weights there are, biases not counted. */
    long weightElements();
}
