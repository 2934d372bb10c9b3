package org.fasternet.cli.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code fasternet bench}: every benchmark is a command of its own. */
@Command(
        name = "bench",
        description = "Measures networks, operators and the machine.",
        synopsisSubcommandLabel = "BENCHMARK",
        subcommands = {
            BenchModelCommand.class, BenchOpCommand.class, BenchPeakCommand.class, BenchLoadCommand.class, BenchPeersCommand.class,
            BenchCompareCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  fasternet bench model --quick",
            "  fasternet bench model --variant T0,T2 --precision all --html report.html",
            "  fasternet bench load --variant S --scenario Server",
            "  fasternet bench compare before.json after.json --fail-above 5%%",
            "",
            "'fasternet bench BENCHMARK --help' shows a benchmark's options and examples.",
            "Ctrl-C ends a benchmark early and keeps what was measured."
        })
public final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Without a benchmark there is nothing to do. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return spec.exitCodeOnInvalidInput();
    }
}
