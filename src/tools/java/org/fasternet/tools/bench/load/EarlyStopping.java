package org.fasternet.tools.bench.load;

import java.util.OptionalLong;

/**
 * How many queries it takes to be sure of a tail latency: the appendix "Early Stopping Criterion" of MLPerf's inference rules,
 * with their tolerance of 0 and confidence of 99 %. A system that answers a share {@code p} of its queries in time has at most
 * {@code t} late ones among {@code n} with a probability that the binomial distribution tells; where that is at most 1 %, a
 * system that was seen to have no more than {@code t} is taken to reach {@code p}.
 *
 * @param share of the queries that must be in time, such as 0.99
 */
record EarlyStopping(double share) {
    private static final double DOUBT = 0.01;

    /** The most late queries among so many that still prove the share; negative if even none proves nothing. */
    int mostLate(int queries) {
        // Factor by factor in logarithms: the first terms of a long run are far below the smallest double.
        double odds = Math.log1p(-share) - Math.log(share);
        double term = queries * Math.log(share);
        double sum = 0;
        int late = 0;
        while ((sum += Math.exp(term)) <= DOUBT) {
            term += Math.log((double) (queries - late) / (late + 1)) + odds;
            late++;
        }
        return late - 1;
    }

    /** The fewest queries that prove the share if so many of them are late. */
    int leastQueries(int late) {
        int tooFew = late;
        int enough = late + 1;
        while (mostLate(enough) < late) {
            tooFew = enough;
            enough = Math.multiplyExact(enough, 2);
        }
        while (enough - tooFew > 1) {
            int middle = tooFew + (enough - tooFew) / 2;
            if (mostLate(middle) < late) {
                tooFew = middle;
            } else {
                enough = middle;
            }
        }
        return enough;
    }

    /**
     * The latency that the share is proved to be within: the highest one, after as many as may be late, less one, have been
     * discarded.
     *
     * @param sorted latencies, ascending
     * @return empty if there are too few, fewer than {@code leastQueries(1)}
     */
    OptionalLong estimate(long[] sorted) {
        int late = mostLate(sorted.length);
        return late < 1 ? OptionalLong.empty() : OptionalLong.of(sorted[sorted.length - late]);
    }
}
