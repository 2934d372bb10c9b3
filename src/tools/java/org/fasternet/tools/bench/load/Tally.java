package org.fasternet.tools.bench.load;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.IntToLongFunction;

/** When the samples of a run were answered. */
class Tally implements Query.Answers {
    static final long NEVER = Long.MIN_VALUE;
    private static final long PATIENCE_MILLIS = 20;

    private final long[] nanos;
    private final IntToLongFunction due;
    private int answered;
    private int late;
    private Throwable failure;

    /** @param due the latest time, for each sample by its number, at which its answer is not late */
    Tally(int samples, IntToLongFunction due) {
        this.nanos = new long[samples];
        this.due = due;
        Arrays.fill(nanos, NEVER);
    }

    @Override
    public synchronized void answered(Query query, long at) {
        for (int i = query.sequence(); i < query.sequence() + query.samples(); i++) {
            nanos[i] = at;
            late += at > due.applyAsLong(i) ? 1 : 0;
        }
        answered += query.samples();
        notifyAll();
    }

    @Override
    public synchronized void failed(Throwable reason) {
        failure = reason;
        notifyAll();
    }

    synchronized int late() {
        return late;
    }

    /**
     * Waits until so many samples have been answered.
     *
     * @param givenUp is asked now and then: once true, there is no more waiting
     * @return whether they have been
     * @throws RuntimeException or an error, whatever a query failed with
     */
    synchronized boolean await(int samples, BooleanSupplier givenUp) {
        while (answered < samples && failure == null && !givenUp.getAsBoolean()) {
            try {
                wait(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw (RuntimeException) failure;
        }
        return answered >= samples;
    }

    /** When each sample was answered, or {@link #NEVER}; not to be asked while answers come. */
    synchronized long[] nanos() {
        return nanos;
    }

    /** When the last answer came. */
    synchronized long last() {
        return Arrays.stream(nanos).max().orElse(NEVER);
    }
}
