package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Optional;
import org.fasternet.schedule.Step;

/**
 * A block's two 1x1 convolutions, {@code dst += project act(expand src + bias)}, whose hidden channels nothing else reads.
 *
 * @param expand from the row's first channels to the hidden ones
 * @param project from there to the row's last channels, in place
 */
record Mlp(Step.Conv expand, Step.Conv project) {
    /** The two steps at {@code index}; empty if they are others. */
    static Optional<Mlp> at(List<Step> steps, int index) {
        return index + 1 < steps.size() && steps.get(index) instanceof Step.Conv expand
                && steps.get(index + 1) instanceof Step.Conv project && !Alternative.isRead(steps, index + 2, expand.dst())
                && expand.pointwise() && expand.bias().isPresent() && expand.activation().isPresent() && !expand.accumulate()
                && project.pointwise() && project.bias().isEmpty() && project.activation().isEmpty() && project.accumulate()
                && expand.dst().equals(project.src()) && expand.src().buffer() == project.dst().buffer()
                && expand.src().channels() == project.dst().channels()
                        ? Optional.of(new Mlp(expand, project)) : Optional.empty();
    }

    int pixels() {
        return expand.src().shape().pixels();
    }

    int channels() {
        return expand.src().channels();
    }

    int hidden() {
        return expand.dst().channels();
    }

    /** Elements from one pixel's row to the next. */
    long row() {
        return expand.src().buffer().layout().strideW();
    }

    float[] bias() {
        return expand.bias().orElseThrow();
    }

    /** All that its time depends on, but the kernel and the device. */
    String what() {
        return pixels() + " pixels of " + channels() + " channels in rows of " + row() + ", " + hidden() + " hidden, "
                + expand.activation().orElseThrow();
    }
}
