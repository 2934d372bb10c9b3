package org.fasternet.tools.bench.load;

import java.util.EnumMap;
import java.util.Map;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tools.bench.ModelCase;
import org.fasternet.tools.bench.report.Dimension;

/**
 * One system in one scenario.
 *
 * @param model its name in the report
 * @param options of each session, with size and threads given
 * @param sessions that serve concurrently
 */
public record LoadCase(Scenario scenario, String model, SessionOptions options, int sessions) {
    public Map<Dimension, String> subject() {
        return with(new ModelCase(model, options).subject());
    }

    /** The most images of the data set that are read in place: a batch, which is full whatever it is asked for, or a query. */
    int mostInPlace() {
        return Math.max(options.batch(), scenario.samplesPerQuery());
    }

    /** With the back end that ran. */
    Map<Dimension, String> subject(ExecutionPlan plan) {
        return with(new ModelCase(model, options).subject(plan));
    }

    private Map<Dimension, String> with(Map<Dimension, String> model) {
        Map<Dimension, String> subject = new EnumMap<>(model);
        subject.put(Dimension.SCENARIO, scenario.id());
        subject.put(Dimension.SESSIONS, String.valueOf(sessions));
        return subject;
    }
}
