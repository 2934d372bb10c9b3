package org.fasternet.cli;

import java.util.stream.Stream;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Backends;
import org.fasternet.internal.Version;
import picocli.CommandLine.IVersionProvider;

/** What the program consists of. */
final class Versions implements IVersionProvider {
    static String java() {
        return System.getProperty("java.version");
    }

    @Override
    public String[] getVersion() {
        return Stream.of(
                        Stream.of("fasternet " + Version.library()),
                        Backends.all().stream().filter(backend -> backend.unavailable().isEmpty()).map(Backend::version),
                        Stream.of("Java " + java()))
                .flatMap(lines -> lines)
                .toArray(String[]::new);
    }
}
