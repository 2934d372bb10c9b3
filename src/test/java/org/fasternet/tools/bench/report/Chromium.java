package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real browser without a window.
 *
 * @param program found on PATH
 */
record Chromium(Path program) {
    private static final int TIMEOUT_SECONDS = 60;

    /** @param dom the page as HTML after its scripts have run; console what they said there */
    record Page(String dom, List<String> console) {}

    static Optional<Chromium> find() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Chromium::new);
    }

    /** Loads a page that has no network. @param folder empty, for the profile and the output */
    Page open(Path page, Path folder) throws IOException, InterruptedException {
        Path dom = folder.resolve("dom.html");
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        program.toString(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        "--user-data-dir=" + folder.resolve("profile"), "--host-resolver-rules=MAP * ~NOTFOUND",
                        "--enable-logging=stderr", "--virtual-time-budget=5000", "--window-size=1280,2000", "--dump-dom",
                        page.toUri().toString())
                .redirectOutput(dom.toFile()).redirectError(log.toFile()).start();
        try {
            assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), "Chromium does not end");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> "see " + log);
        return new Page(
                Files.readString(dom), Files.readAllLines(log).stream().filter(line -> line.contains("CONSOLE")).toList());
    }
}
