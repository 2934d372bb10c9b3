package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Optional;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/**
 * A block in a row {@code [ y1 | x2 | x1 ]}.
 *
 * @param partial from x1 to y1
 * @param mlp from y1 and x2 to x2 and x1
 */
record Block(Step.Conv partial, Mlp mlp) {
    static final int STEPS = 3;

    /** The steps from {@code index} on; empty if they are others. */
    static Optional<Block> at(List<Step> steps, int index) {
        return index < steps.size() && steps.get(index) instanceof Step.Conv conv && Launches.isPartial(conv)
                ? Mlp.at(steps, index + 1).map(mlp -> new Block(conv, mlp)).filter(Block::isRow) : Optional.empty();
    }

    private boolean isRow() {
        View mixed = mlp.expand().src();
        View whole = mlp.project().dst();
        int slice = slice();
        return mixed.buffer().dense() && !mixed.buffer().external() && partial.src().buffer() == mixed.buffer()
                && mixed.first() == 0 && whole.first() == slice
                && partial.dst().first() == 0 && partial.src().first() == mlp.channels();
    }

    /** Channels of x1. */
    int slice() {
        return partial.src().channels();
    }

    int width() {
        return partial.src().shape().w();
    }

    /** Bytes of shared memory for x1 of a tile and around it, and for the weights: as the kernel divides it. */
    int shared(int tile) {
        int weights = partial.weights().dim(2) * partial.weights().dim(3) * Mma.weightBytes(slice(), slice());
        return (tile + 2 * (width() + 1)) * Mma.pixelBytes(slice()) + weights;
    }

    /** All that its time depends on, but the kernel and the device. */
    String what() {
        return mlp.what() + ", " + slice() + " convolved, " + partial.src().shape();
    }
}
