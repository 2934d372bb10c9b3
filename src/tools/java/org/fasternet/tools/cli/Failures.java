package org.fasternet.tools.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.fasternet.error.FasterNetException;

/** How failures end: one sentence on standard error and exit status 1; where they come from, only on request. */
public final class Failures {
    private static final int STATUS = 1;

    private Failures() {}

    /** Prints the failure and returns the exit status. */
    public static int report(Throwable failure, PrintWriter err) {
        err.println("fasternet: " + sentence(failure));
        if ("1".equals(System.getenv("FASTERNET_DEBUG")) || Boolean.getBoolean("fasternet.debug")) {
            failure.printStackTrace(err);
        }
        err.flush();
        return STATUS;
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
