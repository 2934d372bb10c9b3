package org.fasternet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/** Things that serve one thread at a time, lent to threads one by one: the one used last first, whose memory is still in caches. */
final class Pool<T extends AutoCloseable> implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition returned = lock.newCondition();
    private final List<T> all = new ArrayList<>();
    private final Deque<T> free = new ArrayDeque<>();
    private final String owner;
    private boolean closed;

    private Pool(String owner) {
        this.owner = owner;
    }

    /** @param owner what messages call it */
    static <T extends AutoCloseable> Pool<T> of(int size, Supplier<T> supplier, String owner) {
        Pool<T> pool = new Pool<>(owner);
        try {
            for (int i = 0; i < size; i++) {
                pool.all.add(supplier.get());
            }
        } catch (Throwable failure) {
            pool.all.forEach(Pool::close);
            throw failure;
        }
        pool.free.addAll(pool.all);
        return pool;
    }

    int size() {
        return all.size();
    }

    /** Waits until one is free. */
    <R> R use(Function<T, R> work) {
        T lent = borrow();
        try {
            return work.apply(lent);
        } finally {
            giveBack(lent);
        }
    }

    private T borrow() {
        lock.lock();
        try {
            while (free.isEmpty() && !closed) {
                returned.awaitUninterruptibly();
            }
            if (closed) {
                throw new IllegalStateException("this " + owner + " is closed");
            }
            return free.pop();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(T lent) {
        lock.lock();
        try {
            free.push(lent);
            returned.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for those that are lent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            returned.signalAll();
            while (free.size() < all.size()) {
                returned.awaitUninterruptibly();
            }
            all.forEach(Pool::close);
        } finally {
            lock.unlock();
        }
    }

    private static void close(AutoCloseable pooled) {
        try {
            pooled.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
