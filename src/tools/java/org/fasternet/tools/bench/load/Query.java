package org.fasternet.tools.bench.load;

/**
 * Samples to be answered, which are neighbours in the data set.
 *
 * @param sequence number of its first sample among those of the run
 * @param first its first sample in the data set, which begins again where it ends
 * @param samples how many
 * @param answers where to say that they are answered
 */
record Query(int sequence, int first, int samples, Answers answers) {
    /** What comes after its first {@code count} samples. */
    Query skip(int count) {
        return new Query(sequence + count, first + count, samples - count, answers);
    }

    /** Its first {@code count} samples. */
    Query limit(int count) {
        return count == samples ? this : new Query(sequence, first, count, answers);
    }

    /** Receives answers, from any thread. */
    interface Answers {
        /** @param nanos when it was answered, by the load generator's clock */
        void answered(Query query, long nanos);

        /** Says that samples will never be answered, and why: an unchecked exception or an error. */
        void failed(Throwable reason);
    }
}
