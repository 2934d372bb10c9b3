package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.stream.IntStream;
import org.fasternet.compute.ExecutionPlan;

/**
 * What computes a network, one after the other.
 *
 * @param early whether kernels of ours begin while the kernel before them still runs, and wait for it by themselves: a device needs
 *     as long to begin one as many of them take. From {@value #EARLY_CAPABILITY} on
 */
record Sequence(List<Prepared> all, boolean early) {
    /** Compute capability of the first devices that can (Hopper). */
    static final int EARLY_CAPABILITY = 90;
    /** What the ways to launch all of it are called. */
    static final String EARLY = "launched early";
    private static final String IN_TURN = "launched in turn";

    /** Bytes of device memory that is enough for each. */
    long workspace() {
        return all.stream().mapToLong(Prepared::workspace).max().orElse(0);
    }

    /** As it must be where events lie between: only kernels can wait, and only for kernels. */
    Sequence inTurn() {
        return new Sequence(all, false);
    }

    void launch(int index, CudaStream stream) {
        Prepared.Launch launch = all.get(index).launch();
        if (isEarly(index)) {
            stream.early(() -> launch.on(stream));
        } else {
            launch.on(stream);
        }
    }

    /** Not the first, before which there may be a copy. */
    private boolean isEarly(int index) {
        return early && index > 0 && all.get(index).ours();
    }

    /** All of it as one step that takes some time. */
    Prepared asOne() {
        return new Prepared("network", all.stream().flatMap(prepared -> prepared.steps().stream()).toList(),
                early ? EARLY : IN_TURN, workspace(),
                stream -> IntStream.range(0, all.size()).forEach(index -> launch(index, stream)));
    }

    List<ExecutionPlan.Step> planned() {
        return IntStream.range(0, all.size()).mapToObj(index -> all.get(index).planned(isEarly(index))).toList();
    }
}
