package org.fasternet.tools.bench.load;

import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import org.fasternet.error.UnsupportedException;

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

    /** Times of each are kept in memory: a schedule, the answers, and the latencies in order, 8 bytes each. */
    private static final double MOST_QUERIES = 1e8;

    /** @throws UnsupportedException if the rate asked for brings too many queries */
    public LoadSettings {
        targetQps.ifPresent(rate -> expected(rate, duration));
    }

    /**
     * How many queries arrive at a rate, or samples are answered, in the duration.
     *
     * @throws UnsupportedException if they are more than 10^8
     */
    double expected(double rate) {
        return expected(rate, duration);
    }

    private static double expected(double rate, Duration duration) {
        double seconds = duration.toNanos() / 1e9;
        if (rate * seconds > MOST_QUERIES) {
            throw new UnsupportedException(String.format(Locale.ROOT,
                    "%.4g queries per second for %.4g s are more than 10^8, whose times memory is kept for", rate, seconds));
        }
        return rate * seconds;
    }

    Least least(Scenario scenario) {
        return new Least(duration.toNanos(), published ? scenario.leastQueries() : 1);
    }
}
