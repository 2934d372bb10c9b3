package org.fasternet.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code fasternet COMMAND ...}. Exit status 0 is success, 1 a failure, 2 wrong usage. */
@Command(name = "fasternet", mixinStandardHelpOptions = true)
public final class Main {
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }
}
