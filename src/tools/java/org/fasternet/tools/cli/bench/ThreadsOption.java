package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.fasternet.Hardware;
import org.fasternet.SessionOptions;
import org.fasternet.tools.bench.Peaks;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Thread counts. */
final class ThreadsOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--threads", paramLabel = "N", split = ",",
            description = "Threads of one run; all: 1, 2, 4... to as many as CPUs may be used (default: that many). On a GPU they mean nothing.")
    private List<String> threads;

    boolean given() {
        return threads != null;
    }

    List<Integer> values() {
        int usable = Hardware.detect().cpus().usable();
        return threads == null
                ? List.of(usable)
                : Choice.of(command, "--threads", threads, upTo(usable), Integer::valueOf).values();
    }

    /** Options with each of these counts; on a GPU with one thread, which is all that a run on it has. */
    static Stream<SessionOptions> each(SessionOptions options, List<Integer> counts) {
        return (Peaks.onGpu(options) ? List.of(1) : counts).stream().map(options::withThreads);
    }

    /** The powers of two below {@code most}, and {@code most}. */
    static List<Integer> upTo(int most) {
        List<Integer> counts = new ArrayList<>();
        for (int count = 1; count < most; count *= 2) {
            counts.add(count);
        }
        counts.add(most);
        return counts;
    }
}
