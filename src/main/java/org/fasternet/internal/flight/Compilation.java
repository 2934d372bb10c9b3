package org.fasternet.internal.flight;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.fasternet.compute.ExecutionPlan;

/** A session or kernel was opened. */
@Name("org.fasternet.Compilation")
@Label("Session Opened")
@Description("A session or kernel was compiled: weights packed, implementations chosen, memory allocated")
final class Compilation extends ComputeEvent {
    @Label("Steps")
    int steps;

    @Label("Arena")
    @DataAmount
    long arena;

    @Label("Packed Weights")
    @DataAmount
    long weights;

    Compilation(String kind) {
        super(kind);
    }

    @Override
    void fill(ExecutionPlan plan) {
        steps = plan.steps().size();
        arena = plan.arenaBytes();
        weights = plan.weightBytes();
    }
}
