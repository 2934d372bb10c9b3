package org.fasternet.tools.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Does some work on each of many things in threads of its own, ahead of the one thread that takes the results in order. Two
 * results for each thread are in memory at most.
 */
final class Ahead<S, T> implements AutoCloseable {
    private final Iterator<S> todo;
    private final Function<S, T> work;
    private final ExecutorService threads;
    private final Deque<Future<T>> results = new ArrayDeque<>();

    Ahead(List<S> things, int threadCount, Function<S, T> work) {
        todo = things.iterator();
        this.work = work;
        threads = Executors.newFixedThreadPool(threadCount, task -> {
            Thread thread = new Thread(task, "ahead");
            thread.setDaemon(true);
            return thread;
        });
        for (int i = 0; i < 2 * threadCount; i++) {
            submit();
        }
    }

    private void submit() {
        if (todo.hasNext()) {
            S thing = todo.next();
            results.add(threads.submit(() -> work.apply(thing)));
        }
    }

    boolean hasNext() {
        return !results.isEmpty();
    }

    /** Waits for the next result; what the work threw is thrown here. */
    T next() {
        Future<T> result = results.remove();
        submit();
        try {
            return result.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
