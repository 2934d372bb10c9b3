package org.fasternet.internal.flight;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

/** A run that took long. */
@Name("org.fasternet.Run")
@Label("Run")
@Description("A run of a session or kernel that took longer than the threshold")
@Threshold("20 ms")
final class Run extends ComputeEvent {
    Run(String kind) {
        super(kind);
    }
}
