package org.fasternet.cli.bench;

import java.util.Map;
import java.util.function.Supplier;
import org.fasternet.bench.report.Dimension;
import org.fasternet.bench.report.Measurement;

/** Something to be measured: what it is, and what measures it. */
record Work(Map<Dimension, String> subject, Supplier<Measurement> measurement) {
    String name() {
        return String.join(" ", subject.values());
    }
}
