package org.fasternet.cli.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.fasternet.bench.report.Metric;
import org.fasternet.bench.report.Report;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all benchmarks have in common: a seed, progress, an end by Ctrl-C that keeps what was measured, and reports. */
abstract class Benchmark implements Callable<Integer> {
    /** For the run that is going on when Ctrl-C comes, and for writing the reports. */
    private static final int PATIENCE_SECONDS = 30;

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

    @Override
    public Integer call() {
        reports.check();
        CountDownLatch written = new CountDownLatch(1);
        try (BenchRun run = new BenchRun(spec, seed, primary(), reports.quiet())) {
            Thread stop = new Thread(() -> {
                run.stop();
                await(written);
            }, "stop");
            Runtime.getRuntime().addShutdownHook(stop);
            measure(run);
            write(run.report(), spec.commandLine().getOut());
            removeHook(stop);
        } finally {
            written.countDown();
        }
        return 0;
    }

    private void write(Report report, PrintWriter out) {
        reports.write(report, out);
        if (!reports.quiet()) {
            conclusions(report).forEach(out::println);
        }
        out.flush();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, and the hook waits for nothing any more.
        }
    }
}
