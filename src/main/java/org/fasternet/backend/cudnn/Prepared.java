package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.stream.Collectors;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/**
 * What computes one step, or some that follow each other.
 *
 * @param label the steps', as plans name them
 * @param implementation as plans name it
 * @param workspace bytes of device memory while it runs
 */
record Prepared(String label, List<Step> steps, String implementation, long workspace, Launch launch) {
    /** How the implementations begin that are kernels of ours. */
    static final String OURS = "cuda:";

    /** Puts kernels on a stream. Addresses of the caller's memory are read when it is launched. */
    interface Launch {
        void on(CudaStream stream);
    }

    /** With the first step's label, and the last word of what the others add. */
    Prepared(List<Step> steps, String implementation, long workspace, Launch launch) {
        this(steps.get(0).label() + steps.stream().skip(1).map(Step::label)
                .map(label -> " + " + label.substring(label.lastIndexOf(' ') + 1)).collect(Collectors.joining()),
                steps, implementation, workspace, launch);
    }

    View src() {
        return steps.get(0).src();
    }

    View dst() {
        return steps.get(steps.size() - 1).dst();
    }

    /** Whether it is a kernel of ours, which can be launched early. */
    boolean ours() {
        return implementation.startsWith(OURS);
    }

    /** @param early whether it is launched so */
    ExecutionPlan.Step planned(boolean early) {
        return new ExecutionPlan.Step(label, early ? implementation + ", early" : implementation, src().shape(), dst().shape(),
                steps.stream().mapToLong(Step::multiplyAdds).sum(), workspace);
    }
}
