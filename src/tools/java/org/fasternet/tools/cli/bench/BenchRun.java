package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fasternet.Library;
import org.fasternet.SessionOptions;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.CompileProgress;
import org.fasternet.tools.bench.Peaks;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.EnvironmentProbe;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.cli.Progress;
import picocli.CommandLine.Model.CommandSpec;

/** A benchmark while it runs: what it has found, how far it is, and whether it has been told to stop. */
final class BenchRun implements AutoCloseable {
    private final EnvironmentProbe environment = new EnvironmentProbe(Library.version());
    private final CommandSpec spec;
    private final long seed;
    private final Metric primary;
    private final boolean visible;
    private final List<Measurement> measurements = new ArrayList<>();
    private final List<Measurement> steps = new ArrayList<>();
    private final List<Measurement> ceilings = new ArrayList<>();
    private final List<Report.Skipped> skipped = new ArrayList<>();
    private Progress progress;
    private volatile boolean stopped;

    /** @param quiet whether nobody looks at the progress */
    BenchRun(CommandSpec spec, long seed, Metric primary, boolean quiet) {
        this.spec = spec;
        this.seed = seed;
        this.primary = primary;
        this.visible = !quiet && Progress.isTerminal(2);
    }

    /**
     * Measures one after the other, until it is stopped.
     *
     * @param skip whether what cannot be measured here is left out with the reason, else it is a failure
     */
    void measure(List<Work> works, boolean skip) {
        progress = new Progress(works.size(), "measured", visible);
        for (Work work : works) {
            if (stopped) {
                return;
            }
            progress.say(work.name());
            try {
                for (Measurement line : CompileProgress.watched(progress.compiling(work.name()), work.lines())) {
                    (line.subject().containsKey(Dimension.STEP) ? steps : measurements).add(line);
                }
            } catch (UnsupportedException e) {
                if (!skip) {
                    throw e;
                }
                skip(work.subject(), e.getMessage());
            }
            progress.step();
        }
    }

    /** Keeps what the machine can do at most, in as many threads as the benchmark measures and as its options say. */
    void ceilings(Peaks peaks, List<SessionOptions> options, List<Integer> threads) {
        ceilings.addAll(peaks.ceilings(options, threads));
    }

    /** Says what was left out, and why. */
    void skip(Map<Dimension, String> subject, String reason) {
        skipped.add(new Report.Skipped(subject, reason));
    }

    /** Each thread of a run stays on a CPU of its own from here on: the report has it. */
    void threadsArePinned() {
        environment.threadsArePinned();
    }

    /** Says what the measurement that is going on is at. */
    void say(String what) {
        progress.say(what);
    }

    /** From any thread. */
    void stop() {
        stopped = true;
    }

    boolean stopped() {
        return stopped;
    }

    Report report() {
        List<String> command = spec.commandLine().getParseResult().originalArgs();
        return new Report(Report.SCHEMA, spec.name(), command, seed, !stopped, environment.end(), primary, measurements,
                ceilings, skipped, steps);
    }

    @Override
    public void close() {
        if (progress != null) {
            progress.close();
        }
    }
}
