package org.fasternet.schedule;

import java.util.List;

/**
 * A network as a list of operations on buffers, which a back end turns into its own primitives.
 *
 * @param buffers all buffers, indexed by their id
 * @param steps in the order in which they run
 */
public record Schedule(List<TensorBuffer> buffers, List<Step> steps) {
    public Schedule {
        buffers = List.copyOf(buffers);
        steps = List.copyOf(steps);
    }

    public TensorBuffer src() {
        return buffers.stream().filter(b -> b.place() == TensorBuffer.Place.SRC).findFirst().orElseThrow();
    }

    /** What the caller gets, in the order of the layers; empty for a schedule that works in place on its source. */
    public List<TensorBuffer> dsts() {
        return buffers.stream().filter(b -> b.place() == TensorBuffer.Place.DST).toList();
    }
}
