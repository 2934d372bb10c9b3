package org.fasternet.internal.flight;

import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tensor.Shape;

/**
 * Tells Java Flight Recorder what this library does; nothing where the Java at hand is without it, as small images are. Until a
 * recording has been started in the process, by whomever, an event is the reading of a variable: to load a class of events takes
 * 80 ms, of a start to the first result that takes 270. Any thread may call it.
 */
public final class Flight {
    private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Flight() {}

    private static boolean isInUse() {
        return AVAILABLE && FlightRecorder.isInitialized();
    }

    /** A class of its own: the verifier loads the classes that meet here with the one that they meet in. */
    private static final class Events {
        static ComputeEvent of(String kind, boolean run) {
            return run ? new Run(kind) : new Compilation(kind);
        }
    }

    /** Something that takes time, for one thread at a time, again and again. */
    public static final class Span {
        private final String kind;
        private final boolean run;
        private ComputeEvent event;

        private Span(String kind, boolean run) {
            this.kind = kind;
            this.run = run;
        }

        public void begin() {
            if (isInUse()) {
                if (event == null) {
                    event = Events.of(kind, run);
                }
                event.begin();
            }
        }

        /**
         * Records it, if it took longer than the recording's threshold.
         *
         * @param plan of what was compiled or has run
         * @param src shape of its source
         */
        public void end(ExecutionPlan plan, Shape src) {
            if (event != null) {
                event.end(plan, src);
            }
        }
    }

    /** @param why in a sentence; asked for only if it is recorded */
    public static void backendChosen(String asked, String precision, String chosen, Supplier<String> why) {
        if (isInUse()) {
            BackendChosen.record(asked, precision, chosen, why);
        }
    }

    /** @param kind {@code session} or {@code kernel} */
    public static Span compilation(String kind) {
        return new Span(kind, false);
    }

    /** @param kind {@code session} or {@code kernel} */
    public static Span runs(String kind) {
        return new Span(kind, true);
    }
}
