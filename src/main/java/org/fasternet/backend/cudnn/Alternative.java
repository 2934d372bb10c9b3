package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/**
 * Steps that follow each other and that a kernel of ours computes at once, which tuning compares with what computes them one by one.
 *
 * @param steps whose values between them nothing else reads; the last one's destination is not where the first one's source was, as
 *     an arena may have it
 * @param source the kernel's
 * @param what the steps are, with all that their time depends on
 * @param ways to launch the kernel, by their names in plans; none where the device has no room for it
 */
record Alternative(List<Step> steps, String source, String what, Map<String, Supplier<Prepared>> ways) {
    /** Whether a step from {@code index} on, or the caller, reads a view's buffer. */
    static boolean isRead(List<Step> steps, int index, View view) {
        return view.buffer().external()
                || steps.subList(index, steps.size()).stream().anyMatch(step -> step.src().buffer() == view.buffer());
    }
}
