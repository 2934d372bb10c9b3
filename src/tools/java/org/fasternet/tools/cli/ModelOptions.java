package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.CheckpointOptions;
import org.fasternet.layer.Activation;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a checkpoint does not say of itself. */
final class ModelOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--config", paramLabel = "FILE", description = "Its config.json, instead of the one beside it.")
    private Path config;

    @Option(names = "--activation", paramLabel = "relu|gelu", description = "Its activation, where no config.json tells.")
    private Activation activation;

    @Option(names = "--state", paramLabel = "KEY",
            description = "Where in the file the network stands, such as state_dict_ema or model.backbone, if there are several.")
    private String state;

    Checkpoint read(Path weights) {
        CheckpointOptions options = CheckpointOptions.none();
        options = config == null ? options : options.withConfig(config);
        options = activation == null ? options : options.withActivation(activation);
        options = state == null ? options : options.withState(state);
        return Checkpoint.read(weights, options);
    }

    /** The checkpoint, or if none is named, another that is not for these options to describe. */
    Checkpoint readOr(Path weights, Supplier<Checkpoint> other) {
        if (weights != null) {
            return read(weights);
        }
        if (config != null || activation != null || state != null) {
            String option = config != null ? "--config" : activation != null ? "--activation" : "--state";
            throw new ParameterException(
                    command.commandLine(), option + " describes a checkpoint, but there is no --weights");
        }
        return other.get();
    }
}
