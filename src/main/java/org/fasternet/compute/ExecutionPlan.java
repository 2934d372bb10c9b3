package org.fasternet.compute;

import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.fasternet.tensor.Shape;

/**
 * What a compiled network or kernel really runs.
 *
 * @param backend name of the back end
 * @param isa the instruction set it uses
 * @param binding how native code is called: {@code jni}, or {@code ffm} for java.lang.foreign
 * @param precision what it computes in
 * @param threads threads of one run, all on the CPU: one that runs on a GPU has the caller's alone
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
     * @param kernels how many kernels of a GPU it is, with fills and copies; 0 on the CPU, and before the first run
     * @param time of the last run; empty unless the session or kernel takes the times of its steps
     */
    public record Step(
            String label, String implementation, Shape src, Shape dst, long multiplyAdds, long workspaceBytes,
            int kernels, Optional<Time> time) {
        /** Before a run. */
        public Step(String label, String implementation, Shape src, Shape dst, long multiplyAdds, long workspaceBytes) {
            this(label, implementation, src, dst, multiplyAdds, workspaceBytes, 0, Optional.empty());
        }

        private Step withKernels(int count) {
            return new Step(label, implementation, src, dst, multiplyAdds, workspaceBytes, count, time);
        }

        private Step withTime(Time taken) {
            return new Step(label, implementation, src, dst, multiplyAdds, workspaceBytes, kernels, Optional.of(taken));
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
        return with(i -> steps.get(i).withTime(times.get(i)));
    }

    /** The same plan with how many kernels each step is. */
    public ExecutionPlan withKernels(List<Integer> counts) {
        return with(i -> steps.get(i).withKernels(counts.get(i)));
    }

    private ExecutionPlan with(IntFunction<Step> changed) {
        return new ExecutionPlan(backend, isa, binding, precision, threads, arenaBytes, weightBytes,
                IntStream.range(0, steps.size()).mapToObj(changed).toList());
    }

    public long multiplyAdds() {
        return steps.stream().mapToLong(Step::multiplyAdds).sum();
    }
}
