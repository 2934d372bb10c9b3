package org.fasternet.tools.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;

/** Which files an argument means. */
final class ImageFiles {
    private static final Set<String> EXTENSIONS = Set.of("bmp", "gif", "jpe", "jpeg", "jpg", "png", "webp");
    private static final String WILDCARDS = "*?[{";

    private ImageFiles() {}

    /**
     * A directory means all image files in it and below it, by their names' extensions, sorted; a pattern that the shell left
     * alone, all files that match, sorted; anything else, itself.
     *
     * @throws InvalidFileException if there is no such file
     */
    static List<Path> of(String argument) {
        try {
            Path path = Path.of(argument);
            if (Files.isDirectory(path)) {
                return find(argument, path, Integer.MAX_VALUE, ImageFiles::hasImageExtension);
            }
            if (Files.exists(path) || argument.chars().noneMatch(c -> WILDCARDS.indexOf(c) >= 0)) {
                return List.of(path);
            }
            // A path has one slash where people may type two.
            PathMatcher pattern = FileSystems.getDefault().getPathMatcher("glob:" + argument.replaceAll("/+", "/"));
            int depth = argument.contains("**") ? Integer.MAX_VALUE : path.getNameCount();
            return find(argument, folder(path), depth, pattern::matches);
        } catch (InvalidPathException | PatternSyntaxException e) {
            throw new InvalidFileException(argument + ": is neither a path nor a pattern: " + e.getMessage(), e);
        }
    }

    private static List<Path> find(String argument, Path folder, int depth, Predicate<Path> wanted) {
        List<Path> found;
        try {
            // The folder may be a link, and is followed; links below it are not, because they may lead in circles.
            Path start = folder.toRealPath();
            try (Stream<Path> files = Files.walk(start, depth)) {
                found = files.filter(Files::isRegularFile)
                        .map(file -> folder.resolve(start.relativize(file)))
                        .filter(wanted)
                        .sorted()
                        .toList();
            }
        } catch (IOException e) {
            throw new InvalidFileException(argument + ": cannot be searched: " + InputFile.reason(e), e);
        } catch (UncheckedIOException e) {
            throw new InvalidFileException(argument + ": cannot be searched: " + InputFile.reason(e.getCause()), e);
        }
        if (found.isEmpty()) {
            throw new InvalidFileException(argument + ": no image file is there");
        }
        return found;
    }

    /** The folder above the first name with a wildcard. */
    private static Path folder(Path pattern) {
        Path folder = pattern;
        while (folder != null && folder.toString().chars().anyMatch(c -> WILDCARDS.indexOf(c) >= 0)) {
            folder = folder.getParent();
        }
        return folder == null ? Path.of("") : folder;
    }

    private static boolean hasImageExtension(Path file) {
        String name = file.getFileName().toString();
        return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }
}
