package org.fasternet.tools.cli;

import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.fasternet.FasterNet;
import org.fasternet.array.Npy;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.LabelFile;
import org.fasternet.error.InvalidFileException;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import picocli.CommandLine.Option;

/** Images to calibrate with and to try the result on, in an order that does not depend on folders; and their true classes. */
final class CalibrationInputs {
    private static final String FOLDERS = "folders";
    private static final int MAX_LIST = 64 << 20;

    static final class Source {
        @Option(names = "--images", paramLabel = "IMAGE", arity = "1..*",
                description = "Files, directories (all images in and below them), or quoted patterns.")
        private List<String> images;

        @Option(names = "--data", paramLabel = "X.npy", description = "N x C x H x W, normalised, instead of images.")
        private Path data;
    }

    private final List<Path> files;
    private final Tensor data;
    private final String name;
    private final ImagePreprocessor preprocessor;
    private final Shape shape;
    private final List<Integer> order = new ArrayList<>();
    private final Map<Integer, Integer> classes = new HashMap<>();
    private int status;

    private CalibrationInputs(List<Path> files, Tensor data, String name, Checkpoint checkpoint) {
        this.files = files;
        this.data = data;
        this.name = name;
        preprocessor = new ImagePreprocessor(checkpoint.preprocessing());
        shape = new Shape(1, checkpoint.config().inChannels(), checkpoint.preprocessing().height(), checkpoint.preprocessing().width());
        int count = data == null ? files.size() : data.dim(0);
        for (int i = 0; i < count; i++) {
            order.add(i);
        }
        // The same for the same number of files.
        Collections.shuffle(order, new Random(1));
    }

    /**
     * @param truth {@code folders}, a list's file, or null
     * @param labels a file of labels, or null for the checkpoint's
     */
    static CalibrationInputs of(Source source, Checkpoint checkpoint, String truth, Path labels) {
        List<Path> files = new ArrayList<>();
        Tensor data = null;
        if (source.data != null) {
            data = array(source.data, checkpoint);
        } else {
            source.images.forEach(argument -> files.addAll(InputFiles.of(argument, InputFiles.Kind.IMAGE)));
        }
        CalibrationInputs inputs = new CalibrationInputs(
                files, data, source.data != null ? source.data.toString() : String.join(" ", source.images), checkpoint);
        if (truth != null) {
            FasterNet net = FasterNet.of(checkpoint);
            inputs.readTruth(truth, labels == null ? net.labels() : LabelFile.read(labels, net::withLabels).labels(),
                    checkpoint.config().numClasses());
        }
        return inputs;
    }

    private static Tensor array(Path file, Checkpoint checkpoint) {
        Tensor data = Npy.read(file);
        int[] expected = {-1, checkpoint.config().inChannels(), checkpoint.preprocessing().height(),
            checkpoint.preprocessing().width()};
        boolean fits = data.rank() == expected.length && data.dim(0) > 0;
        for (int i = 1; fits && i < expected.length; i++) {
            fits = data.dim(i) == expected[i];
        }
        if (!fits) {
            throw new InvalidFileException(file + ": has shape " + Arrays.toString(data.shape()) + ", "
                    + Arrays.toString(expected).replace("-1", "N") + " is expected, N at least 1");
        }
        return data;
    }

    private void readTruth(String truth, List<String> labels, int classCount) {
        ClassNames names = new ClassNames(labels, classCount);
        if (truth.equals(FOLDERS)) {
            if (data != null) {
                throw new InvalidFileException(name + ": an array lies in no folder of its class; --truth FILE has a line for each");
            }
            for (int i = 0; i < files.size(); i++) {
                classes.put(i, names.ofFolder(files.get(i)));
            }
            return;
        }
        List<String> lines = InputFile.read(Path.of(truth), size -> {
            if (size > MAX_LIST) {
                throw new MalformedException("has " + size + " bytes, at most " + MAX_LIST + " are expected");
            }
            return new String(Files.readAllBytes(Path.of(truth)), StandardCharsets.UTF_8).lines()
                    .map(String::strip).filter(line -> !line.isEmpty()).toList();
        });
        if (data != null) {
            if (lines.size() != data.dim(0)) {
                throw new InvalidFileException(truth + ": has " + lines.size() + " lines, " + data.dim(0) + " are expected: one for"
                        + " each array of " + name);
            }
            for (int i = 0; i < lines.size(); i++) {
                classes.put(i, names.number(truth + ": line " + (i + 1), lines.get(i)));
            }
            return;
        }
        Map<String, Integer> byFile = new HashMap<>();
        for (String line : lines) {
            int comma = line.lastIndexOf(',');
            if (comma < 0) {
                throw new InvalidFileException(truth + ": " + MalformedException.quote(line) + " is no line 'IMAGE,CLASS'");
            }
            String file = Path.of(line.substring(0, comma)).getFileName().toString();
            byFile.put(file, names.number(truth, line.substring(comma + 1).strip()));
        }
        for (int i = 0; i < files.size(); i++) {
            Integer number = byFile.get(files.get(i).getFileName().toString());
            if (number != null) {
                classes.put(i, number);
            }
        }
        if (classes.isEmpty()) {
            throw new InvalidFileException(truth + ": names none of the images of " + name);
        }
    }

    String name() {
        return name;
    }

    int count() {
        return order.size();
    }

    OptionalInt truth(int index) {
        Integer number = classes.get(order.get(index));
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** Normalised, 1 x C x H x W. */
    FloatBuffer read(int index) {
        FloatBuffer values = Buffers.floats(shape.elements());
        int item = order.get(index);
        if (data != null) {
            return values.put(0, data.data(), item * shape.elements(), shape.elements());
        }
        Image image = Image.read(files.get(item), shape.c());
        preprocessor.normalize(preprocessor.prepare(image), values);
        return values.rewind();
    }

    /** Remembers that an image could not be read, as the command's exit status. */
    void failed(int exitStatus) {
        status = exitStatus;
    }

    int failures() {
        return status;
    }
}
