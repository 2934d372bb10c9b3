package org.fasternet.schedule;

import java.util.ArrayList;
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

    /**
     * How much of an arena each buffer needs from which step to which, in the order of {@link #buffers}; nothing for the
     * caller's.
     */
    public List<ArenaPlan.Block> lifetimes() {
        List<ArenaPlan.Block> blocks = new ArrayList<>();
        for (TensorBuffer buffer : buffers) {
            int first = Integer.MAX_VALUE;
            int last = -1;
            for (int i = 0; i < steps.size(); i++) {
                if (steps.get(i).src().buffer() == buffer || steps.get(i).dst().buffer() == buffer) {
                    first = Math.min(first, i);
                    last = i;
                }
            }
            blocks.add(new ArenaPlan.Block(buffer.external() ? 0 : buffer.bytes(), first, last));
        }
        return blocks;
    }
}
