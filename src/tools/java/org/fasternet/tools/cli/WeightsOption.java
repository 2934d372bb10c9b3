package org.fasternet.tools.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The checkpoint of a command that cannot do without one. */
final class WeightsOption {
    @Option(names = "--weights", paramLabel = "FILE", required = true, description = "Checkpoint, PyTorch's or safetensors.")
    private Path weights;

    Path file() {
        return weights;
    }
}
