package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.fasternet.DevicePlans;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.internal.CompileProgress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet plan}. */
@Command(
        name = "plan",
        description = {
            "Has cuDNN choose and compile its kernels for a GPU that need not be here, into a folder to ship with an application:"
                    + " with -Dfasternet.cachedir=DIR its first session on such a GPU compiles nothing.",
            "Needs cuDNN, NVRTC and a driver's library, though no GPU."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet plan --device-properties h100 --weights t0.pth \\",
            "      --precision f16 --batch 1,32 --output plans",
            "  fasternet info --device-properties > mine.json",
            "  fasternet plan --device-properties mine.json --weights t0.pth --output p"
        })
public final class PlanCommand extends ModelCommand {
    @Mixin
    private WeightsOption weights;

    @Option(names = "--device-properties", paramLabel = "NAME|FILE", required = true,
            description = "The GPU: ${bundle:devices}, or a file that 'info --device-properties' wrote.")
    private String device;

    @Option(names = "--precision", paramLabel = "NAME", split = ",",
            description = "Computed in these precisions: ${bundle:precisions} (default: f16).")
    private List<Precision> precisions = List.of(Precision.F16);

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Images in one run (default: 1).")
    private List<Integer> batches = List.of(1);

    @Mixin
    private SizeOption size;

    @Option(names = "--output", paramLabel = "DIR", required = true,
            description = "The folder, made if it is not there; what it has already stays.")
    private Path output;

    @Override
    public Integer call() {
        Checkpoint checkpoint = modelOptions.read(weights.file());
        FasterNet network = FasterNet.of(checkpoint);
        SessionOptions.Size input = size.of(checkpoint.preprocessing());
        String properties = DeviceFiles.read(device);
        ObjectNode root = Json.object().put("folder", output.toString()).put("device", device);
        ArrayNode made = root.putArray("sessions");
        try (Progress progress = new Progress(precisions.size() * batches.size(), "sessions", Progress.isTerminal(2))) {
            for (Precision precision : precisions) {
                for (int batch : batches) {
                    String session = precision.id() + ", batch " + batch;
                    progress.say(session);
                    SessionOptions options = SessionOptions.defaults().withPrecision(precision).withBatch(batch)
                            .withSize(input.height(), input.width());
                    int steps = CompileProgress.watched(progress.compiling(session),
                            () -> DevicePlans.make(network, options, properties, output));
                    made.addObject().put("precision", precision.id()).put("batch", batch).put("plans", steps);
                    if (!json) {
                        progress.clear();
                        out().println(TextTable.format(
                                "%s: %s, batch %d: %d steps of cuDNN's", output, precision.id(), batch, steps));
                    }
                    progress.step();
                }
            }
        }
        if (json) {
            Json.print(root, out());
        }
        return 0;
    }
}
