package org.fasternet.tools.cli.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fasternet bench}: every benchmark is a command of its own. */
@Command(
        name = BenchCommand.NAME,
        description = "Measures networks, operators and the machine.",
        synopsisSubcommandLabel = "BENCHMARK",
        footer = {
            "",
            "Examples:",
            "  fasternet bench model --quick",
            "  fasternet bench model --variant T0,T2 --precision all --html report.html",
            "  fasternet bench load --variant S --scenario Server",
            "  fasternet bench compare before.json after.json --fail-above 5%%",
            "",
            "'fasternet bench BENCHMARK --help' shows a benchmark's options and examples.",
            "Ctrl-C ends a benchmark early and keeps what was measured (exit status 130); a second one ends it at once."
        })
public final class BenchCommand implements Callable<Integer> {
    /** The command's name. */
    public static final String NAME = "bench";

    @Spec
    private CommandSpec spec;

    /** Without a benchmark there is nothing to do. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return spec.exitCodeOnInvalidInput();
    }

    /**
     * Makes the benchmarks commands of {@code bench}. Only for who calls one: picocli takes 50 ms to read their options, which an
     * image to be classified does not have to wait for.
     */
    public static void addBenchmarks(CommandLine bench) {
        bench.addSubcommand(new BenchModelCommand())
                .addSubcommand(new BenchOpCommand())
                .addSubcommand(new BenchPeakCommand())
                .addSubcommand(new BenchLoadCommand())
                .addSubcommand(new BenchPeersCommand())
                .addSubcommand(new BenchSweepCommand())
                .addSubcommand(new BenchCompareCommand());
    }
}
