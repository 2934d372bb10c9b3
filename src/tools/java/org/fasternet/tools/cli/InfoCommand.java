package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.fasternet.DevicePlans;
import org.fasternet.FasterNet;
import org.fasternet.Hardware;
import org.fasternet.Library;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Processor;
import org.fasternet.internal.Buffers;
import org.fasternet.tensor.Shape;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet info}. */
@Command(
        name = "info",
        description = "Says what this machine offers, what a model is, and with --plan how it would be run here.",
        footer = {
            "",
            "Examples:",
            "  fasternet info",
            "  fasternet info --weights fasternet_t0.pth",
            "  fasternet info --variant T2 --plan --precision bf16 --size 192x256",
            "  fasternet info --variant S --json",
            "  fasternet info --device-properties --device 1 > mine.json"
        })
public final class InfoCommand extends ModelCommand {
    @ArgGroup
    private Model model = new Model();

    @Option(names = "--plan", description = "Compile the model, and list every step with its implementation.")
    private boolean plan;

    @Option(names = "--device-properties",
            description = "Print what plans for the GPU depend on, as JSON for 'plan', and nothing else.")
    private boolean deviceProperties;

    @Option(names = "--batch", paramLabel = "N", description = "Images in one run (default: ${DEFAULT-VALUE}).")
    private int batch = 1;

    @Mixin
    private SizeOption size;

    @Mixin
    private ComputeOptions compute;

    private static final class Model {
        @Option(names = "--weights", paramLabel = "FILE",
                description = "Checkpoint, PyTorch's or safetensors (default: the model in the box).")
        private Path weights;

        @Option(names = "--variant", paramLabel = "T0|T1|T2|S|M|L", description = "A published variant, with random weights.")
        private Variant variant;
    }

    @Override
    public Integer call() {
        if (deviceProperties) {
            out().println(DevicePlans.properties(compute.session().device().orElse(0)));
            return 0;
        }
        Checkpoint checkpoint = checkpoint();
        FasterNet network = FasterNet.of(checkpoint);
        SessionOptions.Size input = size.of(checkpoint.preprocessing());
        SessionOptions options = compute.session().withBatch(batch).withSize(input.height(), input.width());
        // All that can fail comes before the first line.
        MachineReport machine = new MachineReport(Hardware.detect());
        Shape src = new Shape(batch, network.config().inChannels(), input.height(), input.width());
        ModelReport described = new ModelReport(name(checkpoint), checkpoint, src, network.multiplyAdds(src));
        Optional<PlanReport> planned = plan ? Optional.of(new PlanReport(compile(network, options))) : Optional.empty();
        PrintWriter out = out();
        if (json) {
            ObjectNode root = machine.json();
            root.set("model", described.json());
            planned.ifPresent(p -> root.set("plan", p.json()));
            Json.print(root, out);
        } else {
            machine.print(out);
            out.println();
            described.print(out);
            planned.ifPresent(p -> {
                out.println();
                p.print(out);
            });
        }
        return 0;
    }

    private Checkpoint checkpoint() {
        return modelOptions.readOr(model.weights,
                () -> model.variant == null ? compute.demo() : Checkpoint.random(model.variant.config(), 0));
    }

    private String name(Checkpoint checkpoint) {
        return (model.variant == null ? "" : model.variant + ", ") + checkpoint.source();
    }

    private static ExecutionPlan compile(FasterNet network, SessionOptions options) {
        try (Session session = CompileBar.around(() -> network.session(options))) {
            if (Library.backend(session.plan().backend()).processor() == Processor.GPU) {
                // How many kernels a step is shows when a run records them.
                session.run(Buffers.floats(session.srcShape().elements()), Buffers.floats(session.dstShapes()));
            }
            return session.plan();
        }
    }
}
