package org.fasternet.tools.bench;

import java.util.EnumMap;
import java.util.Map;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tools.bench.report.Dimension;

/**
 * One way to run one network.
 *
 * @param model its name in the report
 * @param options with size and threads given
 */
public record ModelCase(String model, SessionOptions options) {
    public Map<Dimension, String> subject() {
        Map<Dimension, String> subject = new EnumMap<>(Dimension.class);
        subject.put(Dimension.MODEL, model);
        subject.put(Dimension.BACKEND, options.backend());
        subject.put(Dimension.PRECISION, options.precision().id());
        subject.put(Dimension.BATCH, String.valueOf(options.batch()));
        options.size().ifPresent(size -> subject.put(Dimension.SIZE, size.height() + "x" + size.width()));
        options.threads().ifPresent(threads -> subject.put(Dimension.THREADS, String.valueOf(threads)));
        return subject;
    }

    /** The back end that ran, not the wish for any. */
    public Map<Dimension, String> subject(ExecutionPlan plan) {
        Map<Dimension, String> subject = subject();
        subject.put(Dimension.BACKEND, plan.backend());
        subject.put(Dimension.ISA, plan.isa());
        subject.put(Dimension.THREADS, String.valueOf(plan.threads()));
        return subject;
    }
}
