package org.fasternet.tools.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMemoryTest {
    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private ProcessMemory memory() {
        return new ProcessMemory(new SystemFiles(root));
    }

    @Test
    void pagesAreCountedByTheirSizeAndNode() throws IOException {
        file("sys/devices/system/node/online", "0-1\n");
        file("proc/self/numa_maps", """
                55cef4c86000 default file=/usr/bin/N7=9 mapped=256 N0=256 kernelpagesize_kB=4
                7f0000000000 default anon=3 dirty=3 N0=1 N1=2 kernelpagesize_kB=2048
                7f0000800000 default
                """);
        assertEquals(Map.of(0, 1.0 + 2, 1, 4.0), memory().nodes());
    }

    @Test
    void oneNodeIsNotWorthAWord() throws IOException {
        assertEquals(Map.of(), memory().nodes());
        file("sys/devices/system/node/online", "0\n");
        file("proc/self/numa_maps", "55cef4c86000 default N0=256 kernelpagesize_kB=4\n");
        assertEquals(Map.of(), memory().nodes());
    }

    @Test
    void sizesAreInMebibytes() throws IOException {
        assertEquals(Optional.empty(), memory().hugeMib());
        file("proc/self/status", "Name:\tjava\nVmRSS:\t  2048 kB\n");
        file("proc/self/smaps_rollup", "Rss: 2048 kB\nAnonHugePages:    6144 kB\n");
        assertEquals(Optional.of(2.0), memory().residentMib());
        assertEquals(Optional.of(6.0), memory().hugeMib());
    }
}
