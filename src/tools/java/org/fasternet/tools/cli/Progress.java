package org.fasternet.tools.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.fasternet.internal.CompileProgress;

/** A progress bar on standard error, drawn only for work that takes longer than a glance. */
public final class Progress implements AutoCloseable {
    private static final long PATIENCE_NANOS = 1_000_000_000;
    /** Given, not asked of the terminal: asking would load another library. */
    private static final int WIDTH = 79;

    private final String unit;
    private final boolean visible;
    private final int total;
    private final long start = System.nanoTime();
    private int done;
    private ProgressBar bar;

    /**
     * @param unit what is counted, in the plural
     * @param visible whether somebody sees it who sees no other sign of progress
     */
    public Progress(int total, String unit, boolean visible) {
        this.unit = unit;
        this.total = total;
        this.visible = visible;
    }

    /** Whether a standard stream, 1 or 2, is a terminal. System.console() is about standard input and output together. */
    public static boolean isTerminal(int stream) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + stream)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    public void step() {
        done++;
        draw("");
    }

    /** As many are done, and what is next; fewer than before are done again, which is not shown. */
    void reach(int count, String what) {
        done = Math.max(done, count);
        draw(what);
    }

    /** Says which step is compiled of what is being worked on, and of that alone when all are. */
    public CompileProgress.Listener compiling(String what) {
        return (compiled, steps, label) -> draw(compiled == steps ? what : what + ": " + label);
    }

    /** Says what is being worked on. */
    public void say(String what) {
        draw(what);
    }

    private void draw(String what) {
        long elapsed = System.nanoTime() - start;
        if (bar == null && visible && elapsed > PATIENCE_NANOS && done < total) {
            bar = new ProgressBarBuilder()
                    .setInitialMax(total)
                    .startsFrom(done, Duration.ofNanos(elapsed))
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUnit(" " + unit, 1)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
                    .clearDisplayOnFinish()
                    .build();
        }
        if (bar != null) {
            bar.stepTo(done).setExtraMessage(what);
        }
    }

    /** Makes room for a message; the bar comes back below it. */
    void clear() {
        if (bar != null) {
            System.err.print("\r" + " ".repeat(WIDTH) + "\r");
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
