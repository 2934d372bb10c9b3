package org.fasternet.tools.bench.timing;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * How long something is measured.
 *
 * @param warmUp the most time given to warming up
 * @param rounds into how many rounds the measuring is divided
 * @param duration of all rounds together; not looked at where runs are given
 * @param runs of all rounds together, at least one per round; absent: as many as the duration has room for
 */
public record SamplingPlan(Duration warmUp, int rounds, Duration duration, OptionalInt runs) {
    public SamplingPlan {
        if (rounds < 1 || runs.isPresent() && runs.getAsInt() < rounds) {
            throw new IllegalArgumentException("at least 1 round and 1 run in each are needed, not " + rounds + " and " + runs);
        }
    }
}
