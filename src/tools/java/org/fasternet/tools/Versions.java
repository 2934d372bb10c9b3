package org.fasternet.tools;

import java.util.stream.Stream;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import picocli.CommandLine.IVersionProvider;

/** What the program consists of. */
final class Versions implements IVersionProvider {
    static String java() {
        return System.getProperty("java.version");
    }

    @Override
    public String[] getVersion() {
        return Stream.of(
                        Stream.of("fasternet " + Library.version()),
                        Library.backends().stream().filter(backend -> backend.unavailable().isEmpty()).map(BackendInfo::version),
                        Stream.of("Java " + java()))
                .flatMap(lines -> lines)
                .toArray(String[]::new);
    }
}
