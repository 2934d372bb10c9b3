package org.fasternet.tools.cli;

import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the network is computed. */
final class ComputeOptions {
    @Option(names = "--backend", paramLabel = "auto|NAME",
            description = "What computes: auto, ${bundle:backends} (default: ${DEFAULT-VALUE}).")
    private String backend = SessionOptions.AUTO;

    @Option(names = "--precision", paramLabel = "NAME",
            description = "Computed in this precision: ${bundle:precisions} (default: f32).")
    private Precision precision = Precision.F32;

    @Option(names = "--isa", paramLabel = "NAME",
            description = "Instruction set of the back end fused, one that 'info' lists (default: the best).")
    private String isa;

    @Mixin
    private GpuOptions gpu;

    @Option(names = "--threads", paramLabel = "N", description = "Threads (default: as many as CPUs may be used).")
    private Integer threads;

    /** The model in the box, such as can be computed in the precision. */
    Checkpoint demo() {
        return precision.needsScales() ? Checkpoint.demoQuantized() : Checkpoint.demo();
    }

    SessionOptions session() {
        SessionOptions options = SessionOptions.defaults().withBackend(backend).withPrecision(precision);
        options = isa == null ? options : options.withIsa(isa);
        options = gpu.with(options);
        return threads == null ? options : options.withThreads(threads);
    }
}
