package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Back ends and precisions to measure. */
final class ComputeChoices {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--backend", paramLabel = "NAME", split = ",", 
            description = "auto, ${bundle:backends}, or all on the CPU (default: auto).")
    private List<String> backends = List.of(SessionOptions.AUTO);

    @Option(names = "--precision", paramLabel = "NAME", split = ",", 
            description = "${bundle:precisions}, or all on the CPU (default: f32).")
    private List<String> precisions = List.of("f32");

    @Option(names = "--device", paramLabel = "N",
            description = "Which of the GPUs, from 0 in CUDA's order, for the back end cudnn (default: the first).")
    private Integer device;

    @Option(names = "--tune",
            description = "Time what could compute each step, and keep the fastest, on disk too; for the back end cudnn.")
    private boolean tuning;

    private Choice<String> backend() {
        return Choice.backends(command, "--backend", backends);
    }

    private Choice<Precision> precision() {
        return Choice.precisions(command, precisions);
    }

    List<Precision> precisions() {
        return precision().values();
    }

    /** Whether some are not named, so that those that cannot be measured are left out. */
    boolean all() {
        return backend().all() || precision().all();
    }

    /** Whether networks must be quantized. */
    boolean quantized() {
        return precisions().stream().anyMatch(Precision::needsScales);
    }

    /** The defaults with each back end in each precision. */
    List<SessionOptions> options() {
        List<SessionOptions> options = new ArrayList<>();
        for (String name : backend().values()) {
            for (Precision type : precisions()) {
                SessionOptions chosen = SessionOptions.defaults().withBackend(name).withPrecision(type);
                chosen = device == null ? chosen : chosen.withDevice(device);
                options.add(tuning ? chosen.withTuning() : chosen);
            }
        }
        return options;
    }
}
