package org.fasternet.tools.bench.load;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** Queries that wait for sessions, first come first served. */
final class QueryQueue {
    private final Lock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final Condition idle = lock.newCondition();
    private final Deque<Query> waiting = new ArrayDeque<>();
    private int busy;
    private boolean closed;

    void put(Query query) {
        lock.lock();
        try {
            waiting.add(query);
            filled.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for work. Who takes some gives word with {@link #done} when it is done.
     *
     * @param most samples to take: the beginning of a longer query, or several shorter ones
     * @return what follows each other in the queue; nothing once that is closed
     */
    List<Query> take(int most) {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                filled.awaitUninterruptibly();
            }
            List<Query> taken = closed ? List.of() : remove(most);
            busy += taken.isEmpty() ? 0 : 1;
            if (!waiting.isEmpty()) {
                filled.signal();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private List<Query> remove(int most) {
        List<Query> taken = new ArrayList<>(1);
        for (int room = most; room > 0 && !waiting.isEmpty(); room -= taken.get(taken.size() - 1).samples()) {
            Query head = waiting.remove();
            taken.add(head.limit(Math.min(room, head.samples())));
            if (head.samples() > room) {
                waiting.addFirst(head.skip(room));
            }
        }
        return taken;
    }

    void done() {
        lock.lock();
        try {
            busy--;
            idle.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what waits, and returns when all that was taken is done. */
    void drop() {
        lock.lock();
        try {
            waiting.clear();
            while (busy > 0) {
                idle.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            filled.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
