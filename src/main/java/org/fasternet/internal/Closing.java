package org.fasternet.internal;

import java.util.List;
import java.util.stream.Stream;

/** Gives several resources back, where one that cannot be given back must not keep the others. */
public final class Closing {
    private Closing() {}

    /** Runs all; then throws what the first one that failed has thrown, with the other failures as suppressed ones. */
    public static void all(List<Runnable> closings) {
        // A stream's close() is specified to do exactly that.
        Stream<Void> handlers = Stream.empty();
        for (Runnable closing : closings) {
            handlers = handlers.onClose(closing);
        }
        handlers.close();
    }

    /** Runs all because of a failure, which stays the one to be thrown: those of the closings are suppressed ones of it. */
    public static void after(Throwable failure, List<Runnable> closings) {
        try {
            all(closings);
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
    }
}
