package org.fasternet.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** Native objects and memory that are released together, last made first. For one thread at a time. */
public final class Resources implements AutoCloseable {
    private final Deque<Runnable> releases = new ArrayDeque<>();

    /** Has {@code release} called for {@code handle} by {@link #close}. Returns the handle. */
    public <T> T add(T handle, Consumer<? super T> release) {
        releases.push(() -> release.accept(handle));
        return handle;
    }

    /** Closes what a failure left half made; if that fails too, it is suppressed in the failure, which is to be thrown on. */
    public static void closeAfter(Throwable failure, AutoCloseable made) {
        try {
            made.close();
        } catch (Exception | Error e) {
            failure.addSuppressed(e);
        }
    }

    /** Releases all, also where releasing one throws: that is thrown in the end, with what others threw suppressed in it. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!releases.isEmpty()) {
            try {
                releases.pop().run();
            } catch (RuntimeException failure) {
                if (first == null) {
                    first = failure;
                } else {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
