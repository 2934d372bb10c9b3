package org.fasternet.tools.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.fasternet.error.FasterNetException;

/** How failures end: one sentence on standard error and exit status 1; where they come from, only on request. */
public final class Failures {
    private static final int STATUS = 1;
    /** What a shell shows of a program that SIGPIPE ended. */
    private static final int BROKEN_PIPE = 128 + 13;

    private Failures() {}

    /** Prints the failure and returns the exit status. A reader that has seen enough is none, and is told by its status alone. */
    public static int report(Throwable failure, PrintWriter err) {
        if (isBrokenPipe(failure)) {
            return BROKEN_PIPE;
        }
        err.println("fasternet: " + sentence(failure));
        if ("1".equals(System.getenv("FASTERNET_DEBUG")) || Boolean.getBoolean("fasternet.debug")) {
            failure.printStackTrace(err);
        }
        err.flush();
        return STATUS;
    }

    /** By the system's words, the only thing that Java has of it. */
    private static boolean isBrokenPipe(Throwable failure) {
        return failure instanceof UncheckedIOException && failure.getCause().getMessage() != null
                && failure.getCause().getMessage().toLowerCase(Locale.ROOT).contains("broken pipe");
    }

    public static String sentence(Throwable failure) {
        if (failure instanceof FasterNetException || failure instanceof UncheckedIOException) {
            return oneLine(failure.getMessage());
        }
        if (failure instanceof OutOfMemoryError) {
            return "not enough memory (" + oneLine(failure.getMessage())
                    + "): JAVA_TOOL_OPTIONS=-Xmx8g, for example, allows more";
        }
        return "unexpected " + failure.getClass().getSimpleName() + ": " + oneLine(failure.getMessage())
                + " (FASTERNET_DEBUG=1 shows where)";
    }

    /** Messages of libraries may have several lines. */
    public static String oneLine(String message) {
        return message == null ? "no message" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
