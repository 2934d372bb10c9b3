package org.fasternet.internal.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tensor.Shape;

/** What a session or kernel computes with. */
@Category("FasterNet")
@StackTrace(false)
abstract class ComputeEvent extends Event {
    @Label("Kind")
    @Description("session or kernel")
    String kind;

    @Label("Back End")
    String backend;

    @Label("ISA")
    String isa;

    @Label("Precision")
    String precision;

    @Label("Threads")
    int threads;

    @Label("Source")
    @Description("N x C x H x W")
    String src;

    ComputeEvent(String kind) {
        this.kind = kind;
    }

    /** Ends it, and records it if it took longer than the threshold. */
    final void end(ExecutionPlan plan, Shape shape) {
        end();
        if (shouldCommit()) {
            backend = plan.backend();
            isa = plan.isa();
            precision = plan.precision().id();
            threads = plan.threads();
            src = shape.toString();
            fill(plan);
            commit();
        }
    }

    /** Sets the fields of its own. */
    void fill(ExecutionPlan plan) {}
}
