package org.fasternet.tools.cli.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C and the other signals that ask the process to end, while this is open: the first one runs an action in a thread of its
 * own, the second one ends the process at once. A signal that the process was started to ignore stays ignored.
 *
 * <p>No shutdown hooks: they all run at once, and ONNX Runtime's frees what the main thread may still be computing with. For
 * that reason the second signal runs none either.
 */
final class EndSignals implements AutoCloseable {
    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    /** What shells add to a signal's number for the exit status of who ended by it. */
    private static final int STATUS = 128;

    private final Map<Signal, SignalHandler> previous = new LinkedHashMap<>();
    private final Runnable first;
    private int status;

    EndSignals(Runnable first) {
        this.first = first;
        for (String name : NAMES) {
            if (WINDOWS && name.equals("HUP")) {
                continue; // it has no terminals that hang up
            }
            Signal signal = new Signal(name);
            previous.put(signal, Signal.handle(signal, this::received));
        }
    }

    private void received(Signal signal) {
        synchronized (this) {
            if (status != 0) {
                Runtime.getRuntime().halt(status);
            }
            status = STATUS + signal.getNumber();
        }
        first.run();
    }

    /** Of the process, to be ended with it: 130 after Ctrl-C; 0 if no signal came. */
    synchronized int status() {
        return status;
    }

    @Override
    public void close() {
        previous.forEach(Signal::handle);
    }
}
