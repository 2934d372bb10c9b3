package org.fasternet.tools.cli;

import java.util.function.Supplier;
import org.fasternet.internal.CompileProgress;

/** A progress bar while kernels are made for a GPU, on the first start there; what needs none is over before it shows. */
final class CompileBar implements CompileProgress.Listener, AutoCloseable {
    private Progress bar;

    private CompileBar() {}

    /** Opens a session, or what has some. */
    static <T> T around(Supplier<T> open) {
        if (!Progress.isTerminal(2)) {
            return open.get();
        }
        try (CompileBar bar = new CompileBar()) {
            return CompileProgress.watched(bar, open);
        }
    }

    @Override
    public void at(int done, int total, String label) {
        if (bar == null) {
            bar = new Progress(total, "steps compiled", true);
        }
        bar.reach(done, label);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
