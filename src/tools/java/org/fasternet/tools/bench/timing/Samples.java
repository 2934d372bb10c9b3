package org.fasternet.tools.bench.timing;

import java.util.Arrays;
import java.util.List;

/**
 * The times of runs, by round.
 *
 * @param warmUpRuns runs before the first one that counts
 * @param stable whether the time of a run had settled by then
 * @param rounds nanoseconds of each run of each round, at least one run each
 */
public record Samples(int warmUpRuns, boolean stable, List<long[]> rounds) {
    public Samples {
        rounds = List.copyOf(rounds);
    }

    /** Of all runs of all rounds. */
    public Latency latency() {
        return Latency.of(rounds.stream().flatMapToLong(Arrays::stream).toArray());
    }

    /** The median of each round in nanoseconds. */
    public List<Double> medians() {
        return rounds.stream().map(round -> Latency.of(round).p50()).toList();
    }
}
