package org.fasternet.schedule;

import java.util.List;
import org.fasternet.Precision;
import org.fasternet.layer.NamedLayer;
import org.fasternet.tensor.Shape;

/**
 * What a back end is asked to compile.
 *
 * @param layers the chain, at least one layer
 * @param src shape of the source
 * @param srcType element type of the caller's source
 * @param srcLayout layout of the caller's source
 * @param dstType element type of the caller's destination, which is channels last and dense; feature maps are f32 NCHW always
 * @param inPlace whether the result replaces the source, whose shape and type it has
 * @param precision what is computed in
 * @param threads how many threads run the program, at least 1
 */
public record ProgramSpec(
        List<NamedLayer> layers,
        Shape src,
        ElementType srcType,
        Layout srcLayout,
        ElementType dstType,
        boolean inPlace,
        Precision precision,
        int threads) {
    public ProgramSpec {
        layers = List.copyOf(layers);
    }

    /** The element type of activations and packed weights. */
    public ElementType computeType() {
        return ElementType.of(precision);
    }
}
