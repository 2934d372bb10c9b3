package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecordExternal;
import static org.bytedeco.cuda.global.cudart.cudaEventRecordWithFlags;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Resources;

/** Events of a graph, one before each step and one after the last, between which lie the times of the steps. */
final class StepEvents {
    private final List<CUevent_st> events = new ArrayList<>();

    /** @param owner destroys them */
    StepEvents(Resources owner, int steps) {
        for (int i = 0; i <= steps; i++) {
            CUevent_st event = new CUevent_st();
            Cuda.check(cudaEventCreate(event), "create an event");
            events.add(owner.add(event, e -> cudaEventDestroy(e)));
        }
    }

    /** Puts an event into the graph that is being recorded, as a node of its own, which is what the flag says. */
    void record(int event, CUstream_st stream) {
        Cuda.check(cudaEventRecordWithFlags(events.get(event), stream, cudaEventRecordExternal), "record an event");
    }

    /** Of the last launch of the graph, which must be over. */
    List<ExecutionPlan.Time> times(List<Prepared> steps) {
        List<ExecutionPlan.Time> times = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            times.add(new ExecutionPlan.Time(Math.round(millis(i, steps.get(i).label()) * 1e6), List.of()));
        }
        return times;
    }

    /** Of one step of it. */
    float millis(int step, String label) {
        float[] millis = new float[1];
        Cuda.check(cudaEventElapsedTime(millis, events.get(step), events.get(step + 1)), "read the time of " + label);
        return millis[0];
    }
}
