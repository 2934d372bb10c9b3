package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Optional;
import org.fasternet.schedule.Step;

/** A kernel of ours that only tuning chooses. */
interface OfferedKernel {
    /** What it can compute of a schedule from step {@code index} on; empty if nothing. */
    Optional<Alternative> at(List<Step> steps, int index);
}
