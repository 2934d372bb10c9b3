package org.fasternet.tools.cli.bench;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Variants, or a checkpoint: options that exclude each other. Which variant is measured without, the command says. */
final class NetworkSource {
    @Option(names = "--variant", paramLabel = "NAME", split = ",",
            description = "T0, T1, T2, S, M, L or all, with random weights.")
    private List<String> variants;

    @Option(names = "--weights", paramLabel = "FILE", description = "A checkpoint instead.")
    private Path weights;

    /**
     * A network that somebody has trained.
     *
     * @throws ParameterException if a variant is named, whose weights are random
     */
    NamedNetwork trained(CommandSpec spec, String option, boolean quantized) {
        if (variants != null) {
            throw new ParameterException(
                    spec.commandLine(), option + " is of a trained network, and a --variant has random weights: name --weights");
        }
        return weights == null ? NamedNetwork.demo(quantized) : NamedNetwork.of(weights);
    }

    /** @param otherwise the variant, or all, if nothing is named */
    List<NamedNetwork> list(CommandSpec spec, String otherwise, long seed, boolean quantized) {
        return NamedNetwork.list(spec, variants == null ? List.of(otherwise) : variants, weights, seed, quantized);
    }
}
