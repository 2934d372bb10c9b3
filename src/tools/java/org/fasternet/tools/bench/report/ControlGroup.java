package org.fasternet.tools.bench.report;

import java.util.List;
import java.util.stream.Stream;
import org.fasternet.tools.bench.machine.SystemFiles;

/** What the control group of the process counts and allows, in version 2 or 1, seen from inside a container too. */
record ControlGroup(SystemFiles files) {
    private static final String ROOT = "/sys/fs/cgroup";

    /** How often its quota of CPU time has run out; 0 where nobody counts. */
    double throttled() {
        return folders("cpu").flatMap(folder -> files.number(folder + "/cpu.stat", "nr_throttled").stream())
                .findFirst().orElse(0.0);
    }

    /** How many bytes of memory it may have, and the groups that it is within. */
    Stream<Double> memoryLimits() {
        return folders("memory").flatMap(folder -> Stream.of("/memory.max", "/memory.limit_in_bytes").map(folder::concat))
                .flatMap(file -> files.number(file, "").stream());
    }

    /** The group's own folder first, then those of the groups that it is within, and where a container has what limits it. */
    private Stream<String> folders(String controller) {
        return Stream.concat(own(controller), Stream.of(ROOT, ROOT + "/" + controller));
    }

    /** Its line is {@code 0::PATH} in version 2 and {@code NUMBER:CONTROLLERS:PATH} in version 1. */
    private Stream<String> own(String controller) {
        return files.text("/proc/self/cgroup").stream().flatMap(String::lines)
                .map(line -> line.split(":", 3))
                .filter(parts -> parts.length == 3 && (parts[1].isEmpty() || List.of(parts[1].split(",")).contains(controller)))
                .flatMap(parts -> Stream.iterate(parts[2], path -> !path.isEmpty(), ControlGroup::parent)
                        .map(path -> ROOT + "/" + parts[1] + path));
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }
}
