package org.fasternet.tools.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * A clock that moves when it is told to, and a system on it that answers query after query in scripted times. Either a query
 * takes the clock along, or it is answered at a time to come, which is said at once.
 */
final class FakeSystem implements SystemUnderTest, LoadClock {
    /** Somewhere, as System.nanoTime() is. */
    private static final long ORIGIN = -5_000;

    final List<Query> issued = new ArrayList<>();
    private final IntToLongFunction service;
    private final boolean blocking;
    private long now = ORIGIN;
    private long free = ORIGIN;

    /**
     * @param blocking whether the clock stands at the answer when a query has been issued
     * @param service nanoseconds that the query of this number takes, once its turn has come
     */
    FakeSystem(boolean blocking, IntToLongFunction service) {
        this.blocking = blocking;
        this.service = service;
    }

    @Override
    public void issue(Query query) {
        free = Math.max(free, now) + service.applyAsLong(issued.size());
        issued.add(query);
        now = blocking ? free : now;
        query.answers().answered(query, free);
    }

    @Override
    public void drop() {}

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public void sleepUntil(long nanos) {
        now = Math.max(now, nanos);
    }
}
