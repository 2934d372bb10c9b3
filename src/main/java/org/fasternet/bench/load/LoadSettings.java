package org.fasternet.bench.load;

import java.time.Duration;
import java.util.OptionalDouble;

/**
 * How a system is loaded.
 *
 * @param duration of a run at least, from its first query to its last
 * @param published whether a run also has at least as many queries and samples as MLPerf demands
 * @param latencyBound that 99 % of Server's queries must be within
 * @param targetQps Server's rate in queries per second; absent: the highest one that is within the bound is looked for
 * @param warmUp for how long about the system is warmed up
 * @param seed of images, order and arrivals; 1 stands for the seeds of order and arrivals that MLPerf published
 */
public record LoadSettings(
        Duration duration, boolean published, Duration latencyBound, OptionalDouble targetQps, Duration warmUp, long seed) {
    /** What an official run lasts. */
    public static final Duration PUBLISHED_DURATION = Rules.LEAST_DURATION;
    /** The bound of ResNet-50, MLPerf's image classifier. */
    public static final Duration RESNET_50_BOUND = Duration.ofMillis(15);

    Least least(Scenario scenario) {
        return new Least(duration.toNanos(), published ? scenario.leastQueries() : 1);
    }
}
