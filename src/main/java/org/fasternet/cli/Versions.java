package org.fasternet.cli;

import java.util.stream.Stream;
import org.fasternet.backend.Backends;
import picocli.CommandLine.IVersionProvider;

/** What the program consists of. */
public final class Versions implements IVersionProvider {
    public static String fasternet() {
        String version = Versions.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    public static String java() {
        return System.getProperty("java.version");
    }

    @Override
    public String[] getVersion() {
        return Stream.of(
                        Stream.of("fasternet " + fasternet()),
                        Backends.all().stream().map(backend -> backend.unavailable().orElseGet(backend::version)),
                        Stream.of("Java " + java()))
                .flatMap(lines -> lines)
                .toArray(String[]::new);
    }
}
