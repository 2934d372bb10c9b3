package org.fasternet.compute;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.tensor.Shape;

/**
 * What a compiled network or kernel really runs.
 *
 * @param backend name of the back end
 * @param isa the instruction set it uses
 * @param binding how native code is called: {@code jni}, or {@code ffm} for java.lang.foreign
 * @param precision what it computes in
 * @param threads threads of one run
 * @param arenaBytes memory for activations and scratchpads, planned so that buffers share it
 * @param weightBytes memory for packed weights, which the back ends {@code fused} and {@code cudnn} share between the sessions of a
 *     network
 * @param steps in the order in which they run
 */
public record ExecutionPlan(
        String backend, String isa, String binding, Precision precision, int threads, long arenaBytes, long weightBytes,
        List<Step> steps) {

    /**
     * One operation.
     *
     * @param label the layer and its part, such as {@code stages.2.blocks.0 expand}
     * @param implementation as the back end names it, such as {@code brgconv_1x1:avx512_core}
     * @param src logical shape read
     * @param dst logical shape written
     * @param multiplyAdds multiply-adds of one run, by the definition of the operation: an algorithm may need fewer
     * @param workspaceBytes device memory that it needs while it runs, a part of the arena that steps share; 0 on the CPU
     * @param time of the last run; empty unless the session or kernel takes the times of its steps
     */
    public record Step(
            String label, String implementation, Shape src, Shape dst, long multiplyAdds, long workspaceBytes,
            Optional<Time> time) {
        /** Without a time. */
        public Step(String label, String implementation, Shape src, Shape dst, long multiplyAdds, long workspaceBytes) {
            this(label, implementation, src, dst, multiplyAdds, workspaceBytes, Optional.empty());
        }

        /** Whether this is the back end's slow, general reference code, which no step should need. */
        public boolean isReference() {
            return implementation.startsWith("ref");
        }
    }

    /**
     * Where the time of a step went.
     *
     * @param nanos from the end of the step before, or the beginning of the run, to the end of the step
     * @param busyNanos what each thread of the run computed of that, the caller's first, and waited in the rest; empty where the
     *     threads are not the back end's own: oneDNN's are OpenMP's, and a GPU has none
     */
    public record Time(long nanos, List<Long> busyNanos) {
        public Time {
            busyNanos = List.copyOf(busyNanos);
        }
    }

    public ExecutionPlan {
        steps = List.copyOf(steps);
    }

    /** The same plan with the times of a run, one for each step. */
    public ExecutionPlan withTimes(List<Time> times) {
        List<Step> timed = new ArrayList<>(steps.size());
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            timed.add(new Step(step.label, step.implementation, step.src, step.dst, step.multiplyAdds, step.workspaceBytes,
                    Optional.of(times.get(i))));
        }
        return new ExecutionPlan(backend, isa, binding, precision, threads, arenaBytes, weightBytes, timed);
    }

    public long multiplyAdds() {
        return steps.stream().mapToLong(Step::multiplyAdds).sum();
    }
}
