package org.fasternet.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import org.fasternet.layer.Activation;

/**
 * What a checkpoint's reader knows besides the file.
 *
 * @param config a config.json in place of the one beside the file or in its header
 * @param activation the activation of a checkpoint whose config.json, if it has one, does not say it
 * @param state where in the file the network stands, by {@link StateOrigin#place} or the beginning of it, such as
 *     {@code state_dict_ema} or {@code model.backbone}; absent: where there is one, and of a network and its average the network
 */
public record CheckpointOptions(Optional<Path> config, Optional<Activation> activation, Optional<String> state) {
    public static CheckpointOptions none() {
        return new CheckpointOptions(Optional.empty(), Optional.empty(), Optional.empty());
    }

    public CheckpointOptions withConfig(Path path) {
        return new CheckpointOptions(Optional.of(path), activation, state);
    }

    public CheckpointOptions withActivation(Activation asked) {
        return new CheckpointOptions(config, Optional.of(asked), state);
    }

    public CheckpointOptions withState(String place) {
        return new CheckpointOptions(config, activation, Optional.of(place));
    }
}
