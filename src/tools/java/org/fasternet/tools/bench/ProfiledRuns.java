package org.fasternet.tools.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.fasternet.Session;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tools.bench.timing.Latency;
import org.fasternet.tools.bench.timing.Samples;

/** Runs of a session that takes the times of its steps, and what these were. */
final class ProfiledRuns implements Runnable {
    private final Session session;
    private final Runnable run;
    private final int threads;
    /** A row for each run: for each step its time, then that of each thread. */
    private final List<long[]> rows = new ArrayList<>();

    /**
     * @param session takes the times of its steps from here on
     * @param run runs it
     */
    ProfiledRuns(Session session, Runnable run) {
        this.session = session;
        this.run = run;
        session.profile(true);
        threads = session.plan().steps().get(0).time().orElseThrow().busyNanos().size();
    }

    @Override
    public void run() {
        run.run();
        List<ExecutionPlan.Step> steps = session.plan().steps();
        long[] row = new long[steps.size() * (1 + threads)];
        int next = 0;
        for (ExecutionPlan.Step step : steps) {
            ExecutionPlan.Time time = step.time().orElseThrow();
            row[next++] = time.nanos();
            for (long nanos : time.busyNanos()) {
                row[next++] = nanos;
            }
        }
        rows.add(row);
    }

    /** Threads whose times are known: none where they are not the back end's own. */
    int threads() {
        return threads;
    }

    /** Medians, in nanoseconds, over the runs that count. */
    final class Medians {
        private final Samples samples;

        private Medians(Samples samples) {
            this.samples = samples;
        }

        double step(int step) {
            return over(samples.warmUpRuns(), rows.size(), row -> rows.get(row)[column(step)]);
        }

        /** What a thread computed of a step. */
        double busy(int step, int thread) {
            return over(samples.warmUpRuns(), rows.size(), row -> rows.get(row)[column(step) + 1 + thread]);
        }

        /** All steps together. */
        double whole() {
            return sumOver(0);
        }

        /** What a thread computed of all steps together. */
        double busy(int thread) {
            return sumOver(1 + thread);
        }

        private double sumOver(int offset) {
            return over(samples.warmUpRuns(), rows.size(), row -> IntStream.range(0, rows.get(row).length / (1 + threads))
                    .mapToLong(step -> rows.get(row)[column(step) + offset]).sum());
        }

        /** Of a step, in each round. */
        List<Double> rounds(int step) {
            List<Double> medians = new ArrayList<>();
            int begin = samples.warmUpRuns();
            for (long[] round : samples.rounds()) {
                medians.add(over(begin, begin + round.length, row -> rows.get(row)[column(step)]));
                begin += round.length;
            }
            return medians;
        }

        private int column(int step) {
            return step * (1 + threads);
        }

        private double over(int begin, int end, IntToLongFunction value) {
            long[] sorted = IntStream.range(begin, end).mapToLong(value).toArray();
            Arrays.sort(sorted);
            return Latency.percentile(sorted, 50);
        }
    }

    /** @param samples of these runs, all of them */
    Medians medians(Samples samples) {
        return new Medians(samples);
    }
}
