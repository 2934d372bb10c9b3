package org.fasternet.tools.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.layer.FasterNetConfig;

/**
 * Where the outputs of arrays go: of one array to a file, or a file for each feature map; of several to files of their names in a
 * folder.
 *
 * @param weights for messages
 * @param output as {@code --output}; null if {@code --features} is given
 * @param features as {@code --features}; null if {@code --output} is given
 */
record RunOutputs(Path weights, FasterNetConfig config, String output, String features) {
    /** Standard input or output. */
    static final String STREAM = "-";

    RunOutputs {
        if (config.detection() && features == null) {
            throw new InvalidFileException(
                    weights + ": is a detection backbone and has no logits for --output; give --features PREFIX");
        }
        if (!config.detection() && features != null) {
            throw new InvalidFileException(weights + ": is no detection backbone, which --features needs; give --output FILE");
        }
    }

    boolean toStandardOutput() {
        return STREAM.equals(output);
    }

    /**
     * By input, the files of its outputs.
     *
     * @throws InvalidFileException if an output cannot be written, would replace an input, or two inputs have one name
     */
    Map<Path, List<Path>> of(List<Path> inputs) {
        Map<Path, List<Path>> files = new HashMap<>();
        if (toStandardOutput()) {
            if (inputs.size() > 1) {
                throw new InvalidFileException(inputs.size() + " arrays cannot all go to standard output: name a folder");
            }
            return Map.of(inputs.get(0), List.of());
        }
        Map<Path, Path> writers = new HashMap<>();
        for (Path input : inputs) {
            List<Path> outputs = inputs.size() == 1 && !isFolder() ? single() : inFolder(input);
            for (Path file : outputs) {
                OutputFiles.check(file, weights, input);
                Path other = writers.put(file, input);
                if (other != null) {
                    throw new InvalidFileException(other + " and " + input + " would both be written to " + file);
                }
            }
            files.put(input, outputs);
        }
        return files;
    }

    private boolean isFolder() {
        return Files.isDirectory(Path.of(output == null ? features : output));
    }

    private List<Path> single() {
        return output != null
                ? List.of(Path.of(output))
                : IntStream.range(0, config.stages()).mapToObj(i -> Path.of(features + i + ".npy")).toList();
    }

    private List<Path> inFolder(Path input) {
        Path folder = Path.of(output == null ? features : output);
        if (!Files.isDirectory(folder)) {
            throw new InvalidFileException(folder + ": is no folder, which the outputs of several arrays need");
        }
        String name = input.getFileName().toString().replaceFirst("\\.np[yz]$", "");
        return output != null
                ? List.of(folder.resolve(name + ".npy"))
                : IntStream.range(0, config.stages()).mapToObj(i -> folder.resolve(name + "-" + i + ".npy")).toList();
    }
}
