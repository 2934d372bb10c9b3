package org.fasternet.internal.flight;

import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Which back end computes a network, and why. */
@Name("org.fasternet.BackendChosen")
@Label("Back End Chosen")
@Category("FasterNet")
@Description("Which back end computes a network, and why")
@StackTrace(false)
final class BackendChosen extends Event {
    @Label("Asked For")
    String asked;

    @Label("Precision")
    String precision;

    @Label("Chosen")
    String chosen;

    @Label("Why")
    String why;

    static void record(String asked, String precision, String chosen, Supplier<String> why) {
        BackendChosen event = new BackendChosen();
        if (event.isEnabled()) {
            event.asked = asked;
            event.precision = precision;
            event.chosen = chosen;
            event.why = why.get();
            event.commit();
        }
    }
}
