package org.fasternet.tools.cli.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import picocli.CommandLine.Model.CommandSpec;

/** A network's name in a report, and what loads it. */
record NamedNetwork(String name, Supplier<FasterNet> load) {
    /**
     * The networks that a command was asked for.
     *
     * @param variants to be had with random weights, not looked at if there is a checkpoint
     * @param weights a checkpoint, or null
     * @param seed of random weights
     */
    static List<NamedNetwork> list(CommandSpec command, List<String> variants, Path weights, long seed) {
        if (weights != null) {
            return List.of(new NamedNetwork(weights.getFileName().toString(), () -> FasterNet.load(weights)));
        }
        return Choice.of(command, "--variant", variants, Variant.class).values().stream()
                .map(variant -> new NamedNetwork(variant.name(), () -> FasterNet.random(variant, seed)))
                .toList();
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
