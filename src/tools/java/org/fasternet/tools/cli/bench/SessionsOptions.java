package org.fasternet.tools.cli.bench;

import org.fasternet.Hardware;
import org.fasternet.SessionOptions;
import org.fasternet.tools.bench.load.Scenario;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a machine is divided among sessions. What is not given depends on the scenario: latency or throughput. */
final class SessionsOptions {
    private static final int MOST = 1024;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    private Integer threads;
    private Integer sessions;
    private Integer batch;

    @Option(names = "--threads", paramLabel = "N",
            description = "Threads of a session (default: 1 in Server and Offline, else all CPUs, divided among the sessions).")
    void setThreads(int count) {
        threads = within("--threads", count, MOST);
    }

    @Option(names = "--sessions", paramLabel = "N",
            description = "Sessions that serve concurrently "
                    + "(default: as many as there are CPUs for in Server and Offline, else 1).")
    void setSessions(int count) {
        sessions = within("--sessions", count, MOST);
    }

    @Option(names = "--batch", paramLabel = "N",
            description = "The most images that a session takes at once (default: in MultiStream a query's 8, divided among the "
                    + "sessions, else 1); SingleStream never has more than 1.")
    void setBatch(int count) {
        batch = within("--batch", count, Integer.MAX_VALUE);
    }

    private int within(String option, int count, int most) {
        if (count < 1 || count > most) {
            throw new ParameterException(command.commandLine(), option + " " + count + ": 1 to " + most + " are possible");
        }
        return count;
    }

    int count(Scenario scenario) {
        return sessions != null ? sessions : scenario.stream() ? 1 : Math.max(1, usable() / threads(scenario));
    }

    /** The given options with threads and batch. */
    SessionOptions options(Scenario scenario, SessionOptions options) {
        return options.withThreads(threads(scenario)).withBatch(batch(scenario));
    }

    private int threads(Scenario scenario) {
        if (threads != null) {
            return threads;
        }
        return scenario.stream() ? Math.max(1, usable() / count(scenario)) : 1;
    }

    private int batch(Scenario scenario) {
        int most = scenario.mostWaiting();
        int wanted = batch != null ? batch : scenario.stream() ? (most + count(scenario) - 1) / count(scenario) : 1;
        return Math.min(wanted, most);
    }

    private static int usable() {
        return Hardware.detect().cpus().usable();
    }
}
