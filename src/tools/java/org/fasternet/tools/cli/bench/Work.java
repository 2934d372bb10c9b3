package org.fasternet.tools.cli.bench;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;

/** Something to be measured: what it is, and what measures it and makes lines of a report. */
record Work(Map<Dimension, String> subject, Supplier<List<Measurement>> lines) {
    static Work line(Map<Dimension, String> subject, Supplier<Measurement> line) {
        return new Work(subject, () -> List.of(line.get()));
    }

    String name() {
        return String.join(" ", subject.values());
    }
}
