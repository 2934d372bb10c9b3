package org.fasternet.tools.cli;

import java.io.File;
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
final class InputFiles {
    /** What a directory is searched for. */
    enum Kind {
        IMAGE("bmp", "gif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp"),
        ARRAY("npy", "npz");

        private final Set<String> extensions;

        Kind(String... extensions) {
            this.extensions = Set.of(extensions);
        }

        private boolean isNamedSo(Path file) {
            String name = file.getFileName().toString();
            return extensions.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
        }
    }

    private static final String WILDCARDS = "*?[{";

    private InputFiles() {}

    /**
     * A directory means all files of that kind in it and below it, by their names' extensions, sorted; a pattern that
     * the shell left alone, all files that match, sorted; anything else, itself.
     *
     * @throws InvalidFileException if there is no such file
     */
    static List<Path> of(String argument, Kind kind) {
        try {
            if (isPattern(argument)) {
                // A path has one slash where people may type two, and a pattern has it where Windows has another character.
                String pattern = argument.replace(File.separatorChar, '/').replaceAll("/+", "/");
                PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
                int depth = pattern.contains("**") ? Integer.MAX_VALUE : pattern.split("/").length;
                return find(argument, folder(pattern), depth, kind, matcher::matches);
            }
            Path path = Path.of(argument);
            return Files.isDirectory(path) ? find(argument, path, Integer.MAX_VALUE, kind, kind::isNamedSo) : List.of(path);
        } catch (InvalidPathException | PatternSyntaxException e) {
            throw new InvalidFileException(argument + ": is neither a path nor a pattern: " + e.getMessage() + ofLocale(), e);
        }
    }

    /** Java takes the character set of paths from the locale. */
    private static String ofLocale() {
        String charset = System.getProperty("sun.jnu.encoding", "UTF-8");
        return charset.equals("UTF-8") ? "" : " (the locale's character set is " + charset + ": LC_ALL=C.UTF-8 has all)";
    }

    private static List<Path> find(
            String argument, Path folder, int depth, Kind kind, Predicate<Path> wanted) {
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
            throw new InvalidFileException(argument + ": no " + kind.name().toLowerCase(Locale.ROOT) + " file is there");
        }
        return found;
    }

    /** A file may have a name that looks like one, but on Windows, where such a name is not even a path. */
    private static boolean isPattern(String argument) {
        if (argument.chars().noneMatch(InputFiles::isWildcard)) {
            return false;
        }
        try {
            return !Files.exists(Path.of(argument));
        } catch (InvalidPathException e) {
            return true;
        }
    }

    private static boolean isWildcard(int character) {
        return WILDCARDS.indexOf(character) >= 0;
    }

    /** The folder above the first name with a wildcard. */
    private static Path folder(String pattern) {
        int wildcard = 0;
        while (!isWildcard(pattern.charAt(wildcard))) {
            wildcard++;
        }
        return Path.of(pattern.substring(0, pattern.lastIndexOf('/', wildcard) + 1));
    }
}
