package org.fasternet.tools.cli;

import org.fasternet.SessionOptions;
import picocli.CommandLine.Option;

/** What only the back end cudnn takes. */
public final class GpuOptions {
    @Option(names = "--device", paramLabel = "N",
            description = "Which of the GPUs, from 0 in CUDA's order, for the back end cudnn (default: the first).")
    private Integer device;

    @Option(names = "--tune",
            description = "Time what could compute each step, and keep the fastest, on disk too; for the back end cudnn.")
    private boolean tuning;

    /** The first one unless another was asked for. */
    public int device() {
        return device == null ? 0 : device;
    }

    /** The options with what was asked for here. */
    public SessionOptions with(SessionOptions options) {
        SessionOptions placed = device == null ? options : options.withDevice(device);
        return tuning ? placed.withTuning() : placed;
    }
}
