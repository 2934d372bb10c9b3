package org.fasternet.schedule;

import java.util.List;
import java.util.Optional;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.tensor.Shape;

/**
 * What a back end is asked to compile.
 *
 * @param network the chain, at least one layer; for {@link ElementType#U8} with its first layer for pixels
 * @param src shape of the source
 * @param srcType element type of the caller's source
 * @param srcLayout layout of the caller's source
 * @param dstType element type of the caller's destination, which is channels last and dense; feature maps are f32 NCHW always
 * @param inPlace whether the result replaces the source, whose shape and type it has
 * @param precision what is computed in
 * @param isa the instruction set by name, where the back end lets it be chosen; absent: the best one
 * @param threads how many threads run the program, at least 1
 * @param spinMicros microseconds for which a thread that waits for another one spins before it sleeps, where the back end
 *     decides that
 * @param device which one of several, where the back end has devices; 0 is the first
 * @param tuning whether what could compute a step is timed, where the back end has several to choose from
 */
public record ProgramSpec(
        Network network,
        Shape src,
        ElementType srcType,
        Layout srcLayout,
        ElementType dstType,
        boolean inPlace,
        Precision precision,
        Optional<String> isa,
        int threads,
        int spinMicros,
        int device,
        boolean tuning) {
    /** The chain for this type of source. */
    public List<NamedLayer> layers() {
        return srcType == ElementType.U8 ? network.layersForPixels() : network.layers();
    }

    /** The element type of activations and packed weights. */
    public ElementType computeType() {
        return precision.stored();
    }
}
