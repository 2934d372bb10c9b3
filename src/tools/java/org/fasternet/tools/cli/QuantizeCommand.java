package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.quantize.Evaluation;
import org.fasternet.quantize.QuantizationReport;
import org.fasternet.quantize.Quantizer;
import org.fasternet.quantize.RangeMethod;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code fasternet quantize}. */
@Command(
        name = "quantize",
        description = {
            "Makes a network that can be computed in int8: up to four times as fast, a quarter of the size.",
            "Scales come from what the network computes on images of calibration, which should be like those to come;",
            "what 8 bits change is told on other images. No training, and no labels needed."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet quantize --weights fasternet_t0.pth --images photos/ --output t0-int8.safetensors",
            "  fasternet quantize --weights m.pth --images val/ --truth folders --labels names.txt --output q.safetensors",
            "  fasternet quantize --weights m.pth --data x.npy --max-drop 1 --output q.safetensors --json",
            "  fasternet classify --weights t0-int8.safetensors --precision int8 dog.jpg"
        })
public final class QuantizeCommand extends ModelCommand {
    private static final int WORST = 5;

    @Mixin
    private WeightsOption weights;

    @ArgGroup(multiplicity = "1")
    private CalibrationInputs.Source source;

    @Option(names = "--output", paramLabel = "Q.safetensors", required = true,
            description = "Is written completely or not at all.")
    private Path output;

    @Option(names = "--calibrate", paramLabel = "N",
            description = "Images that calibrate (default: ${DEFAULT-VALUE}, or half of them if there are no more).")
    private int calibrate = 100;

    @Option(names = "--evaluate", paramLabel = "N",
            description = "Of the other images, those that it is tried on (default: ${DEFAULT-VALUE}).")
    private int evaluate = 200;

    @Option(names = "--ranges", paramLabel = "METHOD",
            description = "How the ranges of tensors are chosen: minmax, percentile, or mse, the least mean square error"
                    + " (default: mse).")
    private RangeMethod method = RangeMethod.MSE;

    @Option(names = "--truth", paramLabel = "folders|FILE",
            description = "The true classes: the folder that an image is in is named as its class; or a line 'IMAGE,CLASS' for"
                    + " each, for arrays a line 'CLASS'. A class is a label or its number from 0.")
    private String truth;

    @Option(names = "--labels", paramLabel = "FILE", description = "Names of the classes, one a line, in the model's order.")
    private Path labels;

    @Option(names = "--max-drop", paramLabel = "PERCENT",
            description = "Write nothing if int8 and f32 disagree on more of the images.")
    private Double maxDrop;

    @Override
    public Integer call() {
        requireAtLeast("--calibrate", calibrate, 1);
        requireAtLeast("--evaluate", evaluate, 0);
        if (maxDrop != null && !(maxDrop >= 0 && maxDrop <= 100)) {
            throw new ParameterException(spec.commandLine(), "--max-drop is " + maxDrop + ", 0 to 100 is expected");
        }
        OutputFiles.check(output, weights.file());
        Checkpoint checkpoint = modelOptions.read(weights.file());
        CalibrationInputs inputs = CalibrationInputs.of(source, checkpoint, truth, labels);
        int calibrating = inputs.count() > calibrate ? calibrate : (inputs.count() + 1) / 2;
        int evaluating = Math.min(evaluate, inputs.count() - calibrating);
        if (evaluating == 0 && maxDrop != null) {
            throw new UnsupportedException("--max-drop needs images to try the result on: there is none beside those that calibrate");
        }
        Checkpoint quantized;
        QuantizationReport report;
        // The table comes at the end: until then there is nothing else to see.
        try (Progress bar = new Progress(calibrating + evaluating, "images", Progress.isTerminal(2))) {
            quantized = quantized(checkpoint, inputs, calibrating, bar);
            report = evaluated(checkpoint, quantized, inputs, calibrating, evaluating, bar);
        }
        refuseDrop(report);
        quantized.writeQuantized(output);
        print(quantized, report);
        return inputs.failures();
    }

    private void requireAtLeast(String option, int given, int least) {
        if (given < least) {
            throw new ParameterException(spec.commandLine(), option + " is " + given + ", " + least + " or more are expected");
        }
    }

    private Checkpoint quantized(Checkpoint checkpoint, CalibrationInputs inputs, int count, Progress bar) {
        try (Quantizer quantizer = new Quantizer(checkpoint, method)) {
            int used = 0;
            for (int i = 0; i < count; i++) {
                Optional<FloatBuffer> image = read(inputs, i, bar);
                image.ifPresent(quantizer::calibrate);
                used += image.isPresent() ? 1 : 0;
                bar.step();
            }
            if (used == 0) {
                throw new InvalidFileException(inputs.name() + ": none of the " + count + " files to calibrate with could be read");
            }
            bar.say("choosing scales");
            return quantizer.quantize();
        }
    }

    private QuantizationReport evaluated(
            Checkpoint checkpoint, Checkpoint quantized, CalibrationInputs inputs, int from, int count, Progress bar) {
        if (count == 0) {
            return new QuantizationReport(List.of(), List.of());
        }
        try (Evaluation evaluation = new Evaluation(checkpoint, quantized)) {
            for (int i = from; i < from + count; i++) {
                OptionalInt truth = inputs.truth(i);
                read(inputs, i, bar).ifPresent(image -> evaluation.add(image, truth));
                bar.step();
            }
            return evaluation.report();
        }
    }

    /** One file's failure is not the others'. */
    private Optional<FloatBuffer> read(CalibrationInputs inputs, int index, Progress bar) {
        try {
            return Optional.of(inputs.read(index));
        } catch (FasterNetException failure) {
            bar.clear();
            inputs.failed(Failures.report(failure, spec.commandLine().getErr()));
            return Optional.empty();
        }
    }

    private void refuseDrop(QuantizationReport report) {
        if (maxDrop == null) {
            return;
        }
        double agreement = report.agreement().orElseThrow(() -> new UnsupportedException(
                "--max-drop compares the most probable classes: there are none, or no image to compare them on could be read"));
        if (100 * (1 - agreement) > maxDrop) {
            throw new UnsupportedException(TextTable.format("int8 and f32 agree on %.2f %% of %d images, and --max-drop %s wants"
                    + " %.2f %%: nothing was written; more images of calibration or another --ranges may help; the worst layer is %s",
                    100 * agreement, report.images().size(), maxDrop, 100 - maxDrop,
                    report.worst(1).stream().map(QuantizationReport.LayerNoise::layer).findFirst().orElse("none")));
        }
    }

    private void print(Checkpoint quantized, QuantizationReport report) {
        QuantizationFields fields = new QuantizationFields(quantized.quantization().orElseThrow());
        long bytes = InputFile.read(output, size -> size);
        long before = InputFile.read(weights.file(), size -> size);
        if (json) {
            ObjectNode root = Json.object().put("file", output.toString()).put("bytes", bytes).put("bytesBefore", before);
            fields.json(root.putObject("quantization"));
            QuantizationFields.json(report, root.putObject("report"));
            Json.print(root, out());
            return;
        }
        List<String[]> rows = new ArrayList<>();
        report.layers().forEach(layer -> rows.add(new String[] {layer.layer(), TextTable.format("%.1f", layer.decibels())}));
        if (!rows.isEmpty()) {
            TextTable table = new TextTable(out(),
                    TextTable.left("layer", rows.stream().map(row -> row[0])), TextTable.right("SQNR dB", rows.stream().map(row -> row[1])));
            rows.forEach(row -> table.row((Object[]) row));
            out().println();
        }
        TextFields text = new TextFields(out());
        text.field("calibration", fields.sentence());
        QuantizationFields.print(report, WORST, text);
        text.field("written", TextTable.format("%s, %,d bytes (before: %,d)", output, bytes, before));
    }
}
