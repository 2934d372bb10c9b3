package org.fasternet.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import org.fasternet.layer.Activation;

/**
 * What a checkpoint's reader knows besides the file.
 *
 * @param config a config.json in place of the one beside the file or in its header
 * @param activation the activation of a checkpoint whose config.json, if it has one, does not say it
 */
public record CheckpointOptions(Optional<Path> config, Optional<Activation> activation) {
    public static CheckpointOptions none() {
        return new CheckpointOptions(Optional.empty(), Optional.empty());
    }

    public CheckpointOptions withConfig(Path path) {
        return new CheckpointOptions(Optional.of(path), activation);
    }

    public CheckpointOptions withActivation(Activation asked) {
        return new CheckpointOptions(config, Optional.of(asked));
    }
}
