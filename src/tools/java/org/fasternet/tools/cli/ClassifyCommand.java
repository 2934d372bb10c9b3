package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.Prediction;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fasternet classify}. */
@Command(
        name = "classify",
        description = {
            "Says what is on images: PNG, JPEG, GIF, BMP or WebP.",
            "A file that cannot be read is reported, and the others are classified all the same."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet classify shirt.png",
            "  fasternet classify --top 3 photos/ 'more/*.jpg'",
            "  fasternet classify --weights fasternet_t2.pth --labels imagenet.txt dog.jpg",
            "  fasternet classify --json photos/ > photos.json"
        })
public final class ClassifyCommand extends ModelCommand {
    @Parameters(paramLabel = "IMAGE", arity = "1..*",
            description = "Files, directories (all images in and below them), or quoted patterns such as 'a/**.png'.")
    private List<String> images;

    @Option(names = "--weights", paramLabel = "FILE",
            description = "Checkpoint, PyTorch's or safetensors (default: the model in the box, for ten kinds of clothing).")
    private Path weights;

    @Option(names = "--labels", paramLabel = "FILE", description = "Names of the classes, one a line, in the model's order.")
    private Path labels;

    @Option(names = "--top", paramLabel = "K", description = "Show the K most probable classes (default: ${DEFAULT-VALUE}).")
    private int top = 1;

    @Mixin
    private SizeOption size;

    @Mixin
    private ComputeOptions compute;

    private Progress progress;
    private int status;

    @Override
    public Integer call() {
        if (top < 1) {
            throw new ShapeException("--top is " + top + ": at least 1 class is shown");
        }
        FasterNet model = model();
        SessionOptions.Size input = size.of(model.preprocessing());
        try (Classifier classifier = new Classifier(model, compute.session().withSize(input.height(), input.width()))) {
            List<Path> files = new ArrayList<>();
            ClassifyReport report = json ? new ClassifyReport.Tree(out(), classifier) : new ClassifyReport.Table(out(), files);
            for (String argument : images) {
                attempt(argument, report, () -> files.addAll(ImageFiles.of(argument)));
            }
            // On a terminal the table's rows show the progress themselves.
            boolean watched = Progress.isTerminal(2) && (json || !Progress.isTerminal(1));
            try (Progress bar = new Progress(files.size(), "images", watched)) {
                progress = bar;
                for (Path file : files) {
                    attempt(file.toString(), report, () -> report.add(classify(classifier, file)));
                    bar.step();
                }
            }
            report.finish();
        }
        return status;
    }

    private FasterNet model() {
        FasterNet model = FasterNet.of(modelOptions.readOr(weights, Checkpoint::demo));
        return labels == null ? model : LabelFile.label(model, labels);
    }

    /** One file's failure is not the others'. */
    private void attempt(String file, ClassifyReport report, Runnable action) {
        try {
            action.run();
        } catch (FasterNetException e) {
            if (progress != null) {
                progress.clear();
            }
            status = Failures.report(e, spec.commandLine().getErr());
            report.fail(file, Failures.sentence(e));
        }
    }

    private ClassifyReport.Result classify(Classifier classifier, Path file) {
        long start = System.nanoTime();
        Image image = Image.read(file, classifier.channels());
        long decoded = System.nanoTime();
        List<Prediction> predictions = classifier.classify(image, top);
        return new ClassifyReport.Result(file.toString(), decoded - start, System.nanoTime() - decoded, predictions);
    }
}
