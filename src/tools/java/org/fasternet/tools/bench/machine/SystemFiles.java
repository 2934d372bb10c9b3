package org.fasternet.tools.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What Linux tells in {@code /proc} and {@code /sys}. All of it is optional: another kernel, a container or a virtual machine may
 * leave out any file.
 *
 * @param root of the file system, another one in tests
 */
public record SystemFiles(Path root) {
    /** @param file absolute */
    public Optional<String> text(String file) {
        return lines(file).map(lines -> String.join("\n", lines).strip());
    }

    /** The first number of the first line that begins with {@code start}. */
    public Optional<Double> number(String file, String start) {
        return lines(file).stream().flatMap(List::stream)
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(start.length()).replaceAll("[^0-9.]+", " ").strip().split(" ")[0])
                .filter(text -> text.matches("\\d+(\\.\\d+)?"))
                .map(Double::valueOf)
                .findFirst();
    }

    private Optional<List<String>> lines(String file) {
        try {
            return Optional.of(Files.readAllLines(root.resolve(file.substring(1))));
        } catch (IOException | InvalidPathException e) { // Windows has no paths with a colon
            return Optional.empty();
        }
    }
}
