package org.fasternet.tools.bench.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * Whether MLPerf would accept a run: the conditions of its inference rules as LoadGen 6.0.17 checks them at the end of a run
 * ({@code results.cc}), of which {@link Scenario} has the numbers.
 */
final class Rules {
    /** In every scenario. */
    static final Duration LEAST_DURATION = Duration.ofSeconds(600);
    static final String VALID = "VALID";

    private final long bound;

    /** @param bound latency in nanoseconds that Server's tail must be within */
    Rules(long bound) {
        this.bound = bound;
    }

    long bound() {
        return bound;
    }

    /** {@code VALID}, or {@code INVALID: } and all reasons. */
    String verdict(LoadRun run) {
        List<String> reasons = new ArrayList<>();
        if (!run.complete()) {
            reasons.add("it did not go on to its end");
        }
        reasons.addAll(unproved(run));
        reasons.addAll(tooLittle(run));
        return reasons.isEmpty() ? VALID : "INVALID: " + String.join("; ", reasons);
    }

    /** What the latencies fall short of, whatever the length of the run. */
    List<String> unproved(LoadRun run) {
        return switch (run.scenario()) {
            case SINGLE_STREAM, MULTI_STREAM -> tail(run);
            case SERVER -> late(run);
            case OFFLINE -> List.of();
        };
    }

    private static List<String> tail(LoadRun run) {
        EarlyStopping stopping = new EarlyStopping(run.scenario().share());
        return stopping.estimate(run.sortedLatencies()).isPresent() ? List.of() : List.of(String.format(
                Locale.ROOT, "%d queries, early stopping needs %d", run.queries(), stopping.leastQueries(1)));
    }

    private List<String> late(LoadRun run) {
        if (run.queries() == 0) {
            return List.of("no query was answered");
        }
        if (!withinBound(run)) {
            return List.of(String.format(
                    Locale.ROOT, "%.0f %% of the queries took up to %.2f ms, the bound is %.2f ms",
                    100 * run.scenario().share(), percentile(run) / 1e6, bound / 1e6));
        }
        EarlyStopping stopping = new EarlyStopping(run.scenario().share());
        int late = late(run.latencies());
        return late <= stopping.mostLate(run.queries()) ? List.of() : List.of(String.format(
                Locale.ROOT, "%d of %d queries took longer than %.2f ms, early stopping needs %d queries for that",
                late, run.queries(), bound / 1e6, stopping.leastQueries(late)));
    }

    /** Whether as many of Server's queries as its share asks for were, without regard to how sure that is of those to come. */
    boolean withinBound(LoadRun run) {
        return run.queries() > 0 && percentile(run) <= bound;
    }

    /** LoadGen's index, one above the nearest rank where the product is whole. */
    private static long percentile(LoadRun run) {
        return run.sortedLatencies()[(int) (run.queries() * run.scenario().share())];
    }

    /** How many are above the bound. */
    int late(long[] latencies) {
        return (int) LongStream.of(latencies).filter(latency -> latency > bound).count();
    }

    /** What the run's length falls short of. */
    static List<String> tooLittle(LoadRun run) {
        List<String> reasons = new ArrayList<>();
        if (!longEnough(run)) {
            reasons.add(String.format(
                    Locale.ROOT, "it ran for %.1f s, the published minimum is %d s",
                    run.covered() / 1e9, LEAST_DURATION.toSeconds()));
        }
        if (!enoughQueries(run)) {
            boolean queries = run.queries() < run.scenario().leastQueries();
            reasons.add(queries ? run.queries() + " queries, the published minimum is " + run.scenario().leastQueries()
                    : run.samples() + " samples, the published minimum is " + run.scenario().leastSamples());
        }
        return reasons;
    }

    static boolean longEnough(LoadRun run) {
        return run.covered() >= LEAST_DURATION.toNanos();
    }

    static boolean enoughQueries(LoadRun run) {
        return run.queries() >= run.scenario().leastQueries() && run.samples() >= run.scenario().leastSamples();
    }
}
