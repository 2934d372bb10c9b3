package org.fasternet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A stream's elements in groups, worked on by several threads, whose results come in the elements' order. */
final class InOrder<T, R> implements Iterator<List<R>> {
    /** Groups that are under way or done for each thread: one slow group must not leave the others without work. */
    private static final int GROUPS_PER_THREAD = 2;

    private final Iterator<T> sources;
    private final int group;
    private final int ahead;
    private final Function<List<T>, List<R>> work;
    private final ThreadPoolExecutor threads;
    private final Deque<CompletableFuture<List<R>>> underWay = new ArrayDeque<>();

    private InOrder(Iterator<T> sources, int group, int threads, Function<List<T>, List<R>> work) {
        this.sources = sources;
        this.group = group;
        this.ahead = threads * GROUPS_PER_THREAD;
        this.work = work;
        this.threads = new ThreadPoolExecutor(threads, threads, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "fasternet-in-order");
            thread.setDaemon(true);
            return thread;
        });
        // A stream that is left half read ends its threads without a close.
        this.threads.allowCoreThreadTimeOut(true);
    }

    /**
     * @param work makes a result of each of up to {@code group} elements
     * @return lazy; closing it drops what has not begun and closes {@code sources}
     */
    static <T, R> Stream<R> map(Stream<T> sources, int group, int threads, Function<List<T>, List<R>> work) {
        InOrder<T, R> groups = new InOrder<>(sources.iterator(), group, threads, work);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(groups, Spliterator.ORDERED), false)
                .onClose(groups.threads::shutdownNow)
                .onClose(sources::close)
                .flatMap(List::stream);
    }

    @Override
    public boolean hasNext() {
        while (underWay.size() < ahead && sources.hasNext()) {
            List<T> elements = new ArrayList<>();
            while (elements.size() < group && sources.hasNext()) {
                elements.add(sources.next());
            }
            underWay.add(CompletableFuture.supplyAsync(() -> work.apply(elements), threads));
        }
        return !underWay.isEmpty();
    }

    @Override
    public List<R> next() {
        try {
            return underWay.remove().join();
        } catch (CompletionException e) {
            threads.shutdownNow();
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
