package org.fasternet.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Which step of a network is being compiled: on a GPU one takes half a second the first time, and tuning several times that. A listener
 * is told of what its thread compiles.
 */
public final class CompileProgress {
    private static final ThreadLocal<Listener> LISTENER = new ThreadLocal<>();

    /** Somebody who watches. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param done steps before this one; it may go back where one is compiled again
         * @param total steps, as many as are done at the end
         * @param label the step's; empty at the end
         */
        void at(int done, int total, String label);
    }

    private CompileProgress() {}

    /** Does some work, whose compilations {@code listener} is told of. */
    public static <T> T watched(Listener listener, Supplier<T> work) {
        Listener before = LISTENER.get();
        LISTENER.set(listener);
        try {
            return work.get();
        } finally {
            if (before == null) {
                LISTENER.remove();
            } else {
                LISTENER.set(before);
            }
        }
    }

    /** Compiles one after the other, and tells this thread's listener. */
    public static <S, T> List<T> each(List<S> steps, Function<S, String> label, Function<S, T> compile) {
        List<T> compiled = new ArrayList<>();
        for (S step : steps) {
            at(compiled.size(), steps.size(), label.apply(step));
            compiled.add(compile.apply(step));
        }
        at(steps.size(), steps.size(), "");
        return compiled;
    }

    /** Tells this thread's listener, if it has one. */
    public static void at(int done, int total, String label) {
        Listener listener = LISTENER.get();
        if (listener != null) {
            listener.at(done, total, label);
        }
    }
}
