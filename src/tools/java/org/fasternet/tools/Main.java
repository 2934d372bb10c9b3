package org.fasternet.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.Callable;
import org.fasternet.tools.cli.CheckedOutput;
import org.fasternet.tools.cli.ClassifyCommand;
import org.fasternet.tools.cli.ConvertCommand;
import org.fasternet.tools.cli.Failures;
import org.fasternet.tools.cli.HelpWords;
import org.fasternet.tools.cli.InfoCommand;
import org.fasternet.tools.cli.PlanCommand;
import org.fasternet.tools.cli.QuantizeCommand;
import org.fasternet.tools.cli.RunCommand;
import org.fasternet.tools.cli.bench.BenchCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: {@code fasternet COMMAND ...}. Exit status 0 is success, 1 a failure, 2 wrong usage. */
@Command(
        name = "fasternet",
        description = "Runs FasterNet: classifies images, computes features, and says how.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Versions.class,
        subcommands = {ClassifyCommand.class, RunCommand.class, InfoCommand.class, ConvertCommand.class,
            QuantizeCommand.class, PlanCommand.class, BenchCommand.class},
        footer = {
            "",
            "'fasternet COMMAND --help' shows a command's options and examples.",
            "Exit status: 0 success, 1 failure, 2 wrong usage.",
            "With FASTERNET_DEBUG=1 in the environment, a failure shows where it comes from."
        })
public final class Main implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Show this help.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the versions of the library, oneDNN and Java.")
    private boolean version;

    /** Without a command there is nothing to do. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return spec.exitCodeOnInvalidInput();
    }

    public static void main(String[] args) {
        // The library's warnings on one line each, like errors.
        System.setProperty("java.util.logging.SimpleFormatter.format", "fasternet: %5$s%n");
        // Not System.out, which forgets that it could not write.
        PrintWriter out = new PrintWriter(new OutputStreamWriter(
                new CheckedOutput(new FileOutputStream(FileDescriptor.out)), Charset.defaultCharset()));
        System.exit(run(out, new PrintWriter(System.err, true), args));
    }

    /** Runs one command, in this process. Whatever happens ends in an exit status, and a failure in one line on {@code err}. */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        try {
            CommandLine commandLine = new CommandLine(new Main());
            if (args.length > 0 && args[0].equals(BenchCommand.NAME)) {
                BenchCommand.addBenchmarks(commandLine.getSubcommands().get(BenchCommand.NAME));
            }
            commandLine
                    .setResourceBundle(new HelpWords())
                    .setOut(out)
                    .setErr(err)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .setExpandAtFiles(false)
                    .setExecutionStrategy(parsed -> execute(parsed, err))
                    .setParameterExceptionHandler(Main::wrongUsage)
                    .setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, err));
            int status = commandLine.execute(args);
            out.flush();
            return status;
        } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
            return Failures.report(e, err);
        }
    }

    /** Help is printed outside of what the exception handler sees: picocli would print a stack trace. */
    private static int execute(ParseResult parsed, PrintWriter err) {
        try {
            return new RunLast().execute(parsed);
        } catch (UncheckedIOException e) {
            return Failures.report(e, err);
        }
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        List<String> similar = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        command.getErr().println(name + ": " + Failures.oneLine(e.getMessage())
                + (similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?")
                + " ('" + name + " --help' shows the usage)");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }
}
