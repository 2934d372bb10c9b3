package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.array.Npy;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fasternet run}. */
@Command(
        name = "run",
        description = {
            "Runs a network on an array of NumPy's .npy format: little-endian float32, N x C x H x W, normalised.",
            "Batch and size are the array's."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet run --weights fasternet_t0.pth --input x.npy --output logits.npy",
            "  fasternet run --weights backbone.pth --input x.npy --features stage",
            "      writes stage0.npy, stage1.npy... of a detection backbone"
        })
public final class RunCommand extends ModelCommand {
    @Mixin
    private WeightsOption weights;

    @Option(names = "--input", paramLabel = "X.npy", required = true, description = "N x C x H x W float32.")
    private Path input;

    @ArgGroup(multiplicity = "1")
    private Destination destination;

    @Mixin
    private ComputeOptions compute;

    private static final class Destination {
        @Option(names = "--output", paramLabel = "Y.npy",
                description = "Receives the logits, N x classes; without classes, the head's features.")
        private Path output;

        @Option(names = "--features", paramLabel = "PREFIX",
                description = "Receives a detection backbone's feature maps, N x C x H x W, in PREFIX0.npy...")
        private String features;
    }

    @Override
    public Integer call() {
        FasterNet model = FasterNet.of(modelOptions.read(weights.file()));
        List<Path> files = files(model.config());
        files.forEach(file -> OutputFiles.check(file, weights.file(), input));
        Tensor src = Npy.read(input);
        Shape shape = shape(src, model.config());
        try (Session session = session(model, shape)) {
            FloatBuffer[] dsts = session.dstShapes().stream()
                    .map(dst -> Buffers.floats(dst.elements())).toArray(FloatBuffer[]::new);
            FloatBuffer values = Buffers.floats(shape.elements()).put(0, src.data());
            long start = System.nanoTime();
            session.run(values, dsts);
            long nanos = System.nanoTime() - start;
            Map<Path, Tensor> outputs = new LinkedHashMap<>();
            for (int i = 0; i < dsts.length; i++) {
                outputs.put(files.get(i), tensor(session.dstShapes().get(i), dsts[i]));
            }
            Npy.write(outputs);
            report(session.plan(), outputs, nanos);
        }
        return 0;
    }

    /** Where the outputs go. */
    private List<Path> files(FasterNetConfig config) {
        if (config.detection() && destination.features == null) {
            throw new InvalidFileException(
                    weights.file() + ": is a detection backbone and has no logits for --output; give --features PREFIX");
        }
        if (!config.detection() && destination.features != null) {
            throw new InvalidFileException(
                    weights.file() + ": is no detection backbone, which --features needs; give --output FILE");
        }
        return config.detection()
                ? IntStream.range(0, config.stages()).mapToObj(i -> Path.of(destination.features + i + ".npy")).toList()
                : List.of(destination.output);
    }

    /** The input's shape, if the network can take it. */
    private Shape shape(Tensor src, FasterNetConfig config) {
        String expected = "[N, " + config.inChannels() + ", H, W] is expected";
        if (src.rank() != 4 || src.dim(1) != config.inChannels()) {
            throw new InvalidFileException(input + ": has shape " + Arrays.toString(src.shape()) + ", " + expected);
        }
        if (src.elements() == 0) {
            throw new InvalidFileException(
                    input + ": has shape " + Arrays.toString(src.shape()) + ", which is empty; " + expected);
        }
        return new Shape(src.dim(0), src.dim(1), src.dim(2), src.dim(3));
    }

    private Session session(FasterNet model, Shape src) {
        SessionOptions options = compute.session().withBatch(src.n()).withSize(src.h(), src.w());
        try {
            return model.session(options);
        } catch (ShapeException e) {
            throw new InvalidFileException(input + ": does not fit the network: " + e.getMessage(), e);
        }
    }

    private Tensor tensor(Shape shape, FloatBuffer dst) {
        float[] values = new float[shape.elements()];
        dst.get(0, values);
        return new Tensor(destination.output != null
                ? new int[] {shape.n(), shape.c()}
                : new int[] {shape.n(), shape.c(), shape.h(), shape.w()}, values);
    }

    private void report(ExecutionPlan plan, Map<Path, Tensor> outputs, long nanos) {
        if (json) {
            ObjectNode root = PlanReport.summary(plan).put("milliseconds", Json.milliseconds(nanos));
            ArrayNode array = root.putArray("outputs");
            outputs.forEach((file, values) -> Arrays.stream(values.shape()).forEach(
                    array.addObject().put("file", file.toString()).putArray("shape")::add));
            Json.print(root, out());
        } else {
            outputs.forEach((file, values) -> out().println(file + ": " + Arrays.toString(values.shape())));
            out().println(TextTable.format("%.2f ms, %s", nanos / 1e6, PlanReport.sentence(plan)));
        }
    }
}
