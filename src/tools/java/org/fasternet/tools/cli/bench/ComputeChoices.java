package org.fasternet.tools.cli.bench;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;
import org.fasternet.tools.cli.GpuOptions;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private GpuOptions gpu;

    private Choice<String> backend() {
        return Choice.backends(command, "--backend", backends);
    }

    private Choice<Precision> precision() {
        return Choice.precisions(command, precisions);
    }

    List<Precision> precisions() {
        return precision().values();
    }

    /** Which of the GPUs. */
    int device() {
        return gpu.device();
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
                options.add(gpu.with(SessionOptions.defaults().withBackend(name).withPrecision(type)));
            }
        }
        return options;
    }
}
