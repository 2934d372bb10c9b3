package org.fasternet.tools.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.internal.Buffers;
import org.fasternet.quantize.Quantizer;
import org.fasternet.quantize.RangeMethod;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A network's name in a report, and what loads it.
 *
 * @param file its checkpoint; of a network with random weights one that is written now, and deleted when this process ends
 */
record NamedNetwork(String name, Supplier<FasterNet> load, Supplier<Path> file) {
    /**
     * The networks that a command was asked for.
     *
     * @param variants to be had with random weights, not looked at if there is a checkpoint
     * @param weights a checkpoint, or null
     * @param seed of random weights
     * @param quantized whether networks with random weights are wanted in int8 too; a checkpoint is as it is
     */
    static List<NamedNetwork> list(CommandSpec command, List<String> variants, Path weights, long seed, boolean quantized) {
        if (weights != null) {
            return List.of(of(weights));
        }
        return Choice.of(command, "--variant", variants, Variant.class).values().stream()
                .map(variant -> new NamedNetwork(variant.name(), () -> random(variant, seed, quantized),
                        () -> written(checkpoint(variant, seed, quantized))))
                .toList();
    }

    static NamedNetwork of(Path weights) {
        return new NamedNetwork(weights.getFileName().toString(), () -> FasterNet.load(weights), () -> weights);
    }

    /** The model in the box. */
    static NamedNetwork demo(boolean quantized) {
        Checkpoint checkpoint = quantized ? Checkpoint.demoQuantized() : Checkpoint.demo();
        return new NamedNetwork("demo", () -> FasterNet.of(checkpoint), () -> written(checkpoint));
    }

    /** With random weights; for int8 calibrated with noise. */
    static FasterNet random(Variant variant, long seed, boolean quantized) {
        return FasterNet.of(checkpoint(variant, seed, quantized));
    }

    private static Checkpoint checkpoint(Variant variant, long seed, boolean quantized) {
        Checkpoint checkpoint = Checkpoint.random(variant.config(), seed);
        if (!quantized) {
            return checkpoint;
        }
        try (Quantizer quantizer = new Quantizer(checkpoint, RangeMethod.MINMAX)) {
            quantizer.calibrate(Buffers.random(quantizer.shape(), seed));
            return quantizer.quantize();
        }
    }

    private static Path written(Checkpoint checkpoint) {
        try {
            Path file = Files.createTempFile("fasternet-", ".safetensors");
            file.toFile().deleteOnExit();
            checkpoint.write(file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("no file for the weights can be written: " + e.getMessage(), e);
        }
    }

    /** The network asked for last: one that is asked for again and again is loaded once, and two are never in memory at once. */
    static final class Current {
        private NamedNetwork named;
        private FasterNet network;

        FasterNet get(NamedNetwork asked) {
            if (asked != named) {
                named = null;
                network = null;
                network = asked.load.get();
                named = asked;
            }
            return network;
        }
    }
}
