package org.fasternet.tools.bench.load;

import java.util.concurrent.locks.LockSupport;

/** Time as the load generator sees it. */
interface LoadClock {
    /** The machine's. */
    LoadClock SYSTEM = new LoadClock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleepUntil(long nanos) {
            for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
                LockSupport.parkNanos(left);
            }
        }
    };

    /** Nanoseconds since any moment, which stays the same. */
    long nanos();

    /** Returns at once if that is past. */
    void sleepUntil(long nanos);
}
