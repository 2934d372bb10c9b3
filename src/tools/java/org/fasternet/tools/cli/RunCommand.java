package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.array.Npy;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
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
            "Runs a network on arrays of NumPy's .npy format, or .npz with one array: N x C x H x W, normalised,",
            "float32, or float64 and float16, which are converted. Batch and size are the array's."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet run --weights fasternet_t0.pth --input x.npy --output logits.npy",
            "  fasternet run --weights backbone.pth --input x.npy --features stage",
            "      writes stage0.npy, stage1.npy... of a detection backbone",
            "  fasternet run --weights fasternet_t0.pth --input arrays/ --output logits/",
            "  make-array | fasternet run --weights fasternet_t0.pth --input - --output - | use-logits"
        })
public final class RunCommand extends ModelCommand {
    @Mixin
    private WeightsOption weights;

    @Option(names = "--input", paramLabel = "X.npy", required = true, arity = "1..*",
            description = "N x C x H x W. Files, directories or quoted patterns, or - for standard input.")
    private List<String> inputs;

    @ArgGroup(multiplicity = "1")
    private Destination destination;

    @Mixin
    private ComputeOptions compute;

    private static final class Destination {
        @Option(names = "--output", paramLabel = "Y.npy",
                description = "Receives the logits, N x classes; without classes, the head's features. A folder that exists"
                        + " receives a file for each input, - is standard output.")
        private String output;

        @Option(names = "--features", paramLabel = "PREFIX",
                description = "Receives a detection backbone's feature maps, N x C x H x W, in PREFIX0.npy... A folder that exists"
                        + " receives them for each input.")
        private String features;
    }

    /** What was written, and how long the network took; tensors are let go once they are. */
    private final Map<String, int[]> written = new LinkedHashMap<>();
    private long nanos;
    private Session session;

    @Override
    public Integer call() {
        FasterNet model = FasterNet.of(modelOptions.read(weights.file()));
        RunOutputs outputs = new RunOutputs(weights.file(), model.config(), destination.output, destination.features);
        List<Path> sources = sources();
        Map<Path, List<Path>> files = outputs.of(sources);
        int status = 0;
        boolean watched = Progress.isTerminal(2) && !Progress.isTerminal(1);
        try (Progress bar = new Progress(sources.size(), "arrays", watched);
                Ahead<Path, Tensor> reading = new Ahead<>(sources, 1, RunCommand::read)) {
            for (Path source : sources) {
                try {
                    run(model, source, reading.next(), files.get(source), outputs);
                } catch (FasterNetException failure) {
                    if (sources.size() == 1) {
                        throw failure;
                    }
                    bar.clear();
                    status = Failures.report(failure, spec.commandLine().getErr());
                }
                bar.step();
            }
            if (session != null) {
                report(session.plan(), outputs);
            }
        } finally {
            if (session != null) {
                session.close();
            }
        }
        return status;
    }

    private List<Path> sources() {
        List<Path> sources = new ArrayList<>();
        for (String input : inputs) {
            sources.addAll(input.equals(RunOutputs.STREAM)
                    ? List.of(Path.of(input))
                    : InputFiles.of(input, InputFiles.Kind.ARRAY));
        }
        return sources;
    }

    private static Tensor read(Path source) {
        return source.toString().equals(RunOutputs.STREAM) ? Npy.read(System.in, "standard input") : Npy.read(source);
    }

    private void run(FasterNet model, Path source, Tensor src, List<Path> files, RunOutputs outputs) {
        Shape shape = shape(source, src, model.config().inChannels());
        openSession(model, source, shape);
        List<Shape> shapes = session.dstShapes();
        FloatBuffer[] dsts = shapes.stream().map(dst -> Buffers.floats(dst.elements())).toArray(FloatBuffer[]::new);
        FloatBuffer values = Buffers.floats(shape.elements()).put(0, src.data());
        long start = System.nanoTime();
        session.run(values, dsts);
        nanos += System.nanoTime() - start;
        if (outputs.toStandardOutput()) {
            writeToStandardOutput(tensor(shapes.get(0), dsts[0]));
            return;
        }
        Map<Path, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < dsts.length; i++) {
            tensors.put(files.get(i), tensor(shapes.get(i), dsts[i]));
        }
        Npy.write(tensors);
        tensors.forEach((file, tensor) -> written.put(file.toString(), tensor.shape()));
    }

    /** The session of the array before serves, if this one has its shape. */
    private void openSession(FasterNet model, Path source, Shape src) {
        if (session != null && session.srcShape().equals(src)) {
            return;
        }
        if (session != null) {
            session.close();
            session = null;
        }
        SessionOptions options = compute.session().withBatch(src.n()).withSize(src.h(), src.w());
        try {
            session = CompileBar.around(() -> model.session(options));
        } catch (ShapeException e) {
            throw new InvalidFileException(source + ": does not fit the network: " + e.getMessage(), e);
        }
    }

    /** The input's shape, if the network can take it. */
    private static Shape shape(Path source, Tensor src, int channels) {
        String expected = "[N, " + channels + ", H, W] is expected";
        if (src.rank() != 4 || src.dim(1) != channels) {
            throw new InvalidFileException(source + ": has shape " + Arrays.toString(src.shape()) + ", " + expected);
        }
        if (src.elements() == 0) {
            throw new InvalidFileException(
                    source + ": has shape " + Arrays.toString(src.shape()) + ", which is empty; " + expected);
        }
        return new Shape(src.dim(0), src.dim(1), src.dim(2), src.dim(3));
    }

    private Tensor tensor(Shape shape, FloatBuffer dst) {
        float[] values = new float[shape.elements()];
        dst.get(0, values);
        return new Tensor(destination.output != null
                ? new int[] {shape.n(), shape.c()}
                : new int[] {shape.n(), shape.c(), shape.h(), shape.w()}, values);
    }

    /** Bytes, which the command's own output, of characters, cannot take. */
    private static void writeToStandardOutput(Tensor tensor) {
        try {
            Npy.write(new CheckedOutput(new FileOutputStream(FileDescriptor.out)), tensor);
        } catch (IOException e) {
            throw new UncheckedIOException("standard output cannot be written: " + e.getMessage(), e);
        }
    }

    private void report(ExecutionPlan plan, RunOutputs outputs) {
        if (json && !outputs.toStandardOutput()) {
            ObjectNode root = PlanReport.summary(plan).put("milliseconds", Json.milliseconds(nanos));
            ArrayNode array = root.putArray("outputs");
            written.forEach((file, shape) -> Arrays.stream(shape).forEach(
                    array.addObject().put("file", file).putArray("shape")::add));
            Json.print(root, out());
        } else if (!outputs.toStandardOutput()) {
            written.forEach((file, shape) -> out().println(file + ": " + Arrays.toString(shape)));
            out().println(TextTable.format("%.2f ms, %s", nanos / 1e6, PlanReport.sentence(plan)));
        }
    }
}
