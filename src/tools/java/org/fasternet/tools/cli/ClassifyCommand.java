package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.Hardware;
import org.fasternet.Prediction;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.LabelFile;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code fasternet classify}. */
@Command(
        name = "classify",
        description = {
            "Says what is on images: PNG, JPEG, GIF, BMP, WebP or TIFF.",
            "A file that cannot be read is reported, and the others are classified all the same."
        },
        footer = {
            "",
            "Examples:",
            "  fasternet classify shirt.png",
            "  fasternet classify --top 3 photos/ 'more/*.jpg'",
            "  fasternet classify --weights fasternet_t2.pth --labels imagenet.txt dog.jpg",
            "  fasternet classify --json photos/ > photos.json",
            "  fasternet classify --csv --batch 8 'archive/**.jpg' > archive.csv"
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

    @Option(names = "--batch", paramLabel = "N", description = "Images in one run of the network (default: ${DEFAULT-VALUE}).")
    private int batch = 1;

    @Option(names = "--exif-rotate",
            description = "Turn photographs upright first; torchvision, and so this by default, classifies them as they lie.")
    private boolean exifRotate;

    @ArgGroup
    private Lines lines = new Lines();

    /** What many images are told as, each when it is known. */
    private static final class Lines {
        @Option(names = "--json-lines", description = "Print a line of JSON for each image.")
        private boolean json;

        @Option(names = "--csv", description = "Print a line of comma-separated values for each class shown.")
        private boolean csv;
    }

    @Mixin
    private SizeOption size;

    @Mixin
    private ComputeOptions compute;

    private Progress progress;
    private boolean turnedWasTold;
    private int status;

    /** A file on its way: either an image, or why there is none. */
    private record Decoded(Path file, Image image, int orientation, long decodeNanos, long prepareNanos, FasterNetException failure) {}

    @Override
    public Integer call() {
        if (top < 1) {
            throw new ShapeException("--top is " + top + ": at least 1 class is shown");
        }
        FasterNet model = model();
        SessionOptions.Size input = size.of(model.preprocessing());
        SessionOptions options = compute.session().withSize(input.height(), input.width()).withBatch(batch);
        try (Classifier classifier = CompileBar.around(() -> new Classifier(model, options))) {
            List<Path> files = new ArrayList<>();
            ClassifyReport report = report(classifier, files);
            for (String argument : images) {
                attempt(argument, report, () -> files.addAll(InputFiles.of(argument, InputFiles.Kind.IMAGE)));
            }
            // On a terminal the rows show the progress themselves.
            boolean watched = Progress.isTerminal(2) && (json || !Progress.isTerminal(1));
            int threads = Math.max(1, Math.min(files.size(), Hardware.detect().cpus().usable()));
            try (Progress bar = new Progress(files.size(), "images", watched);
                    Ahead<Path, Decoded> decoding = new Ahead<>(files, threads, file -> decode(classifier, file))) {
                progress = bar;
                while (decoding.hasNext()) {
                    classify(classifier, decoding, report);
                }
            }
            report.finish();
        }
        return status;
    }

    private ClassifyReport report(Classifier classifier, List<Path> files) {
        if (json && (lines.json || lines.csv)) {
            throw new ParameterException(spec.commandLine(), "--json, --json-lines and --csv exclude each other");
        }
        return json ? new ClassifyReport.Tree(out(), classifier)
                : lines.json ? new ClassifyLines.JsonLines(out())
                : lines.csv ? new ClassifyLines.Csv(out())
                : new ClassifyReport.Table(out(), files);
    }

    private FasterNet model() {
        FasterNet model = FasterNet.of(modelOptions.readOr(weights, compute::demo));
        return labels == null ? model : LabelFile.read(labels, model::withLabels);
    }

    /** In a thread of the decoder's. */
    private Decoded decode(Classifier classifier, Path file) {
        long start = System.nanoTime();
        try {
            Image image = Image.read(file, classifier.channels());
            long decoded = System.nanoTime();
            Image prepared = classifier.prepare(exifRotate ? image.upright() : image);
            return new Decoded(file, prepared, image.exifOrientation(), decoded - start, System.nanoTime() - decoded, null);
        } catch (FasterNetException failure) {
            return new Decoded(file, null, 1, 0, 0, failure);
        }
    }

    /** Takes a batch of images, and reports them in order with those between them that could not be read. */
    private void classify(Classifier classifier, Ahead<Path, Decoded> decoding, ClassifyReport report) {
        List<Decoded> taken = new ArrayList<>();
        List<Image> readable = new ArrayList<>();
        while (decoding.hasNext() && readable.size() < batch) {
            Decoded next = decoding.next();
            taken.add(next);
            if (next.failure == null) {
                readable.add(next.image);
            }
        }
        List<List<Prediction>> predictions = new ArrayList<>();
        long start = System.nanoTime();
        FasterNetException failed = null;
        try {
            predictions.addAll(readable.isEmpty() ? List.of() : classifier.classifyPrepared(readable, top));
        } catch (FasterNetException failure) {
            failed = failure;
        }
        long share = (System.nanoTime() - start) / Math.max(1, readable.size());
        Iterator<List<Prediction>> results = predictions.iterator();
        for (Decoded image : taken) {
            FasterNetException failure = image.failure != null ? image.failure : failed;
            tellOfTurned(image);
            attempt(image.file.toString(), report, () -> {
                if (failure != null) {
                    throw failure;
                }
                report.add(new ClassifyReport.Result(
                        image.file.toString(), image.decodeNanos, image.prepareNanos + share, results.next()));
            });
            progress.step();
        }
    }

    private void tellOfTurned(Decoded image) {
        if (image.orientation != 1 && !exifRotate && !turnedWasTold) {
            turnedWasTold = true;
            progress.clear();
            spec.commandLine().getErr().println("fasternet: " + image.file + ": its EXIF orientation is " + image.orientation
                    + ", and it is classified as it lies; --exif-rotate turns such images upright");
        }
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
}
