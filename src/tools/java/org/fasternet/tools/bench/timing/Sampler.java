package org.fasternet.tools.bench.timing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Times runs: warms up until the time of a run has settled, then measures in rounds. Where several things are compared, they take
 * turns in every round, so that what else the machine does meets all of them.
 */
public final class Sampler {
    /** A window of the warm-up has at least this many runs and takes at least this long. */
    private static final int WINDOW_RUNS = 5;
    private static final long WINDOW_NANOS = 50_000_000;
    /** Warm is what changes its median by less than this from one window to the next. */
    private static final double SETTLED = 0.02;

    private final SamplingPlan plan;
    private final BooleanSupplier stopped;
    private final LongSupplier clock;

    /** @param stopped is asked between runs: once true, what is there is returned */
    public Sampler(SamplingPlan plan, BooleanSupplier stopped) {
        this(plan, stopped, System::nanoTime);
    }

    /** @param clock in nanoseconds */
    Sampler(SamplingPlan plan, BooleanSupplier stopped, LongSupplier clock) {
        this.plan = plan;
        this.stopped = stopped;
        this.clock = clock;
    }

    public Samples sample(Runnable run) {
        return alternate(List.of(run)).get(0);
    }

    /** @param before comes before every run and is not timed */
    public Samples sample(Runnable before, Runnable run) {
        return measure(List.of(new Timed(before, run))).get(0);
    }

    /** Warms up each, then measures them in turn in every round. At least one round is measured, however soon it is stopped. */
    public List<Samples> alternate(List<Runnable> runs) {
        return measure(runs.stream().map(run -> new Timed(() -> {}, run)).toList());
    }

    private record Timed(Runnable before, Runnable run) {}

    private List<Samples> measure(List<Timed> runs) {
        List<WarmUp> warmUps = runs.stream().map(this::warmUp).toList();
        List<List<long[]>> rounds = runs.stream().map(run -> (List<long[]>) new ArrayList<long[]>()).toList();
        for (int round = 0; round < plan.rounds() && !(round > 0 && stopped.getAsBoolean()); round++) {
            for (int i = 0; i < runs.size(); i++) {
                rounds.get(i).add(round(runs.get(i), round));
            }
        }
        return IntStream.range(0, runs.size())
                .mapToObj(i -> new Samples(warmUps.get(i).runs, warmUps.get(i).stable, rounds.get(i)))
                .toList();
    }

    private record WarmUp(int runs, boolean stable) {}

    private WarmUp warmUp(Timed run) {
        long end = clock.getAsLong() + plan.warmUp().toNanos();
        int runs = 0;
        double last = Double.NaN;
        while (clock.getAsLong() < end && !stopped.getAsBoolean()) {
            long[] window = timed(run, WINDOW_RUNS, WINDOW_NANOS, end);
            runs += window.length;
            double median = Latency.of(window).p50();
            if (Math.abs(median / last - 1) < SETTLED) {
                return new WarmUp(runs, true);
            }
            last = median;
        }
        return new WarmUp(runs, false);
    }

    private long[] round(Timed run, int round) {
        if (plan.runs().isPresent()) {
            int all = plan.runs().getAsInt();
            return timed(run, (int) ((round + 1L) * all / plan.rounds() - (long) round * all / plan.rounds()), 0, Long.MAX_VALUE);
        }
        return timed(run, 1, plan.duration().toNanos() / plan.rounds(), Long.MAX_VALUE);
    }

    /** Runs until both limits are reached, or until the end, or it is stopped; once at least. */
    private long[] timed(Timed run, int leastRuns, long leastNanos, long end) {
        long[] nanos = new long[Math.max(leastRuns, 1024)];
        int count = 0;
        long start = clock.getAsLong();
        long now = start;
        do {
            if (count == nanos.length) {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
            run.before.run();
            long begin = clock.getAsLong();
            run.run.run();
            now = clock.getAsLong();
            nanos[count++] = now - begin;
        } while ((count < leastRuns || now - start < leastNanos) && now < end && !stopped.getAsBoolean());
        return Arrays.copyOf(nanos, count);
    }
}
