package org.fasternet.tools.bench.load;

import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import java.util.function.DoublePredicate;

/**
 * Looks for the highest rate that a system sustains, as MLPerf's inference rules have it: a binary search finds a candidate,
 * which is reduced a little as long as the real run fails.
 */
final class ServerSearch {
    /**
     * The upper end is this much more than the warm-up answered: that may have met the machine in a slower state than the runs to
     * come, and a rate above the end is never found.
     */
    private static final double HEADROOM = 1.2;
    /** The interval is halved until it is this share of its upper end. */
    private static final double RESOLUTION = 0.01;
    /** A rate that is a smaller share of the most is not looked for. */
    private static final double LOWEST = 1.0 / 8;
    /** By how much the candidate is reduced, and how often. */
    private static final double DELTA = 0.02;
    private static final int TRIES = 10;
    /** A run of the binary search is shorter by this factor than the one that counts. */
    private static final int SHORTER = 8;

    private final LoadGenerator load;
    private final Rules rules;
    private final DoubleConsumer progress;
    private final BooleanSupplier stopped;
    private final EarlyStopping stopping = new EarlyStopping(Scenario.SERVER.share());

    /**
     * @param progress is told the rate of each run before it begins
     * @param stopped once true, the run is the last one
     */
    ServerSearch(LoadGenerator load, Rules rules, DoubleConsumer progress, BooleanSupplier stopped) {
        this.load = load;
        this.rules = rules;
        this.progress = progress;
        this.stopped = stopped;
    }

    /**
     * @param warm what the system answered when all was asked at once, in queries per second
     * @param least of the run that counts, which has no fewer queries than prove something if one of them is late
     * @return that run; a short one that failed if even a low rate is not sustained
     */
    LoadRun run(double warm, Least least) {
        double most = HEADROOM * warm;
        Least longer = new Least(least.nanos(), Math.max(least.queries(), stopping.leastQueries(1)));
        Least shorter = new Least(longer.nanos() / SHORTER, longer.queries());
        OptionalDouble highest = highest(most, qps -> sustained(attempt(qps, shorter)));
        if (highest.isEmpty()) {
            return attempt(most * LOWEST, shorter);
        }
        double qps = highest.getAsDouble();
        LoadRun run = attempt(qps, longer);
        for (int i = 0; i < TRIES && !sustained(run) && !stopped.getAsBoolean(); i++) {
            qps *= 1 - DELTA;
            run = attempt(qps, longer);
        }
        return run;
    }

    /** The highest rate below {@code most}, nearly, that is sustained; empty if none is that was tried. */
    static OptionalDouble highest(double most, DoublePredicate sustained) {
        double low = 0;
        double high = most;
        while (high - low > RESOLUTION * high && high > LOWEST * most) {
            double middle = (low + high) / 2;
            if (sustained.test(middle)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low == 0 ? OptionalDouble.empty() : OptionalDouble.of(low);
    }

    private LoadRun attempt(double qps, Least least) {
        progress.accept(qps);
        return load.server(qps, least, rules.bound(), stopping::mostLate);
    }

    private boolean sustained(LoadRun run) {
        return run.complete() && rules.unproved(run).isEmpty();
    }
}
