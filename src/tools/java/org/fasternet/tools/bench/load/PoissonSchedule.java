package org.fasternet.tools.bench.load;

import java.util.stream.LongStream;

/**
 * When queries arrive that know nothing of each other: the times between them are exponentially distributed. For one seed and
 * rate they are those of a LoadGen that was built with GCC's library.
 */
final class PoissonSchedule {
    private PoissonSchedule() {}

    /**
     * Arrivals in nanoseconds, the first one at 0, the last one no earlier than the least duration.
     *
     * @param qps mean rate in queries per second
     */
    static long[] of(double qps, Least least, long seed) {
        MersenneTwister random = new MersenneTwister(seed);
        LongStream.Builder arrivals = LongStream.builder();
        long last = -1;
        long arrival = 0;
        for (int count = 0; last < least.nanos() || count < least.queries(); count++) {
            arrivals.add(arrival);
            last = arrival;
            arrival += (long) (-Math.log(1 - random.nextDouble()) / qps * 1e9);
        }
        return arrivals.build().toArray();
    }
}
