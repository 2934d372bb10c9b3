package org.fasternet.tools.bench.load;

import java.util.function.BooleanSupplier;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Issues queries as MLPerf's LoadGen does and takes down when they are answered. A query's latency counts from when it was to be
 * issued to its last sample's answer: a system that falls behind does not get its queries later for it.
 */
final class LoadGenerator {
    /** In nanoseconds, 20 ms: an end by Ctrl-C takes no longer. */
    private static final long LONGEST_SLEEP = 20_000_000;

    private final SystemUnderTest system;
    private final LoadClock clock;
    private final int images;
    private final Seeds seeds;
    private final BooleanSupplier stopped;

    /**
     * @param images size of the data set
     * @param seed of the arrivals and of which images they bring: 1 is what MLPerf published
     * @param stopped is asked between queries and while waiting for the next one: once true, no more are issued
     */
    LoadGenerator(SystemUnderTest system, LoadClock clock, int images, long seed, BooleanSupplier stopped) {
        this.system = system;
        this.clock = clock;
        this.images = images;
        this.seeds = Seeds.of(seed);
        this.stopped = stopped;
    }

    /** Runs SingleStream or MultiStream. */
    LoadRun stream(Scenario scenario, Least least) {
        MersenneTwister order = new MersenneTwister(seeds.sampleIndex());
        LongStream.Builder latencies = LongStream.builder();
        LongStream.Builder answered = LongStream.builder();
        int samples = scenario.samplesPerQuery();
        int queries = 0;
        boolean complete;
        long start = clock.nanos();
        long issued;
        do {
            Tally tally = new Tally(samples, i -> Long.MAX_VALUE);
            Query query = new Query(0, order.below(images), samples, tally);
            issued = clock.nanos();
            system.issue(query);
            complete = tally.await(samples, stopped);
            if (complete) {
                latencies.add(tally.last() - issued);
                answered.add(tally.last() - start);
                queries++;
            } else {
                system.drop();
            }
        } while (!stopped.getAsBoolean() && (issued - start < least.nanos() || queries < least.queries()));
        complete &= issued - start >= least.nanos() && queries >= least.queries();
        return new LoadRun(
                scenario, Double.NaN, latencies.build().toArray(), answered.build().toArray(), issued - start, complete);
    }

    /**
     * Runs Server.
     *
     * @param bound latency in nanoseconds above which an answer is late
     * @param mostLate more late answers than this, of the number of queries, and the run is given up
     */
    LoadRun server(double qps, Least least, long bound, IntUnaryOperator mostLate) {
        MersenneTwister order = new MersenneTwister(seeds.sampleIndex());
        long[] schedule = PoissonSchedule.of(qps, least, seeds.schedule());
        long start = clock.nanos();
        Tally tally = new Tally(schedule.length, i -> start + schedule[i] + bound);
        int bearable = mostLate.applyAsInt(schedule.length);
        BooleanSupplier givenUp = () -> stopped.getAsBoolean() || tally.late() > bearable;
        int issued = 0;
        while (issued < schedule.length && reached(start + schedule[issued], givenUp)) {
            system.issue(new Query(issued++, order.below(images), 1, tally));
        }
        if (!tally.await(issued, givenUp)) {
            system.drop();
        }
        long[] nanos = tally.nanos();
        int[] done = IntStream.range(0, issued).filter(i -> nanos[i] != Tally.NEVER).toArray();
        return new LoadRun(
                Scenario.SERVER, qps,
                IntStream.of(done).mapToLong(i -> nanos[i] - start - schedule[i]).toArray(),
                IntStream.of(done).mapToLong(i -> nanos[i] - start).toArray(),
                schedule[Math.max(issued, 1) - 1], done.length == schedule.length);
    }

    /** Sleeps until a moment, but wakes up now and then to ask; false if the run was given up before. */
    private boolean reached(long moment, BooleanSupplier givenUp) {
        while (!givenUp.getAsBoolean()) {
            long left = moment - clock.nanos();
            if (left <= 0) {
                return true;
            }
            clock.sleepUntil(moment - Math.max(0, left - LONGEST_SLEEP));
        }
        return false;
    }

    /** Asks for every image once, in their order, without regard to time; false if it was stopped. */
    boolean once(Scenario scenario) {
        int most = scenario == Scenario.OFFLINE ? images : scenario.samplesPerQuery();
        Tally tally = new Tally(images, i -> Long.MAX_VALUE);
        boolean going = true;
        for (int first = 0; first < images && going; first += most) {
            Query query = new Query(first, first, Math.min(most, images - first), tally);
            system.issue(query);
            going = scenario.stream() ? tally.await(first + query.samples(), stopped) : !stopped.getAsBoolean();
        }
        boolean complete = going && tally.await(images, stopped);
        if (!complete) {
            system.drop();
        }
        return complete;
    }

    /** Runs Offline: all samples in one query, the data set from its beginning, again and again. */
    LoadRun offline(int samples) {
        long start = clock.nanos();
        Tally tally = new Tally(samples, i -> Long.MAX_VALUE);
        system.issue(new Query(0, 0, samples, tally));
        boolean complete = tally.await(samples, stopped);
        if (!complete) {
            system.drop();
        }
        long[] nanos = LongStream.of(tally.nanos()).filter(at -> at != Tally.NEVER).map(at -> at - start).toArray();
        return new LoadRun(
                Scenario.OFFLINE, Double.NaN, nanos, nanos, LongStream.of(nanos).max().orElse(0), complete);
    }
}
