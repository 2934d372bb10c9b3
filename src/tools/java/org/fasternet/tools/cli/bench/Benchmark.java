package org.fasternet.tools.cli.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all benchmarks have in common: a seed, progress, an end by Ctrl-C that keeps what was measured, and reports. */
abstract class Benchmark implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Option(names = "--seed", paramLabel = "N", description = "Of everything random (default: ${DEFAULT-VALUE}).")
    long seed = 1;

    @Mixin
    private ReportOptions reports;

    /** What the report's rounds are of. */
    abstract Metric primary();

    /** Measures, adds what it finds to {@code run}, and leaves off soon once that is stopped. */
    abstract void measure(BenchRun run);

    /** Sentences to print below the table. */
    List<String> conclusions(Report report) {
        return List.of();
    }

    /** What was measured is written also if a signal or a failure ends the run early. */
    @Override
    public Integer call() {
        reports.check();
        try (BenchRun run = new BenchRun(spec, seed, primary(), reports.quiet()); EndSignals signals = signals(run)) {
            try {
                measure(run);
            } catch (RuntimeException | Error e) {
                run.stop();
                writeAfter(e, run.report());
                throw e;
            }
            write(run.report(), spec.commandLine().getOut());
            return signals.status();
        }
    }

    private EndSignals signals(BenchRun run) {
        return new EndSignals(() -> {
            run.stop();
            spec.commandLine().getErr().println(
                    spec.qualifiedName() + ": stopping; once more ends it at once, without what was measured");
        });
    }

    private void writeAfter(Throwable failure, Report report) {
        if (report.measurements().isEmpty()) {
            return;
        }
        try {
            write(report, spec.commandLine().getOut());
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
    }

    private void write(Report report, PrintWriter out) {
        reports.write(report, out);
        if (!reports.quiet()) {
            conclusions(report).forEach(out::println);
        }
        out.flush();
    }
}
