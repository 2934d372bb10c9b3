package org.fasternet.tools.bench.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** On a tree of files as Linux shows them: the machines that tests run on have no meters. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "no file there has a colon in its name, as Linux's have")
class PackageEnergyTest {
    @TempDir
    private Path root;

    private void zone(int number, String name, String energy) throws IOException {
        Path zone = Files.createDirectories(root.resolve("sys/class/powercap/intel-rapl:" + number));
        Files.writeString(zone.resolve("name"), name + "\n");
        Files.writeString(zone.resolve("max_energy_range_uj"), "1000000\n");
        Path file = zone.resolve("energy_uj");
        if (energy == null) {
            Files.deleteIfExists(file);
        } else {
            Files.writeString(file, energy + "\n");
        }
    }

    private PackageEnergy meters() {
        return new PackageEnergy(new SystemFiles(root));
    }

    @Test
    void packagesAreAddedUpAndTheSystemIsNone() throws IOException {
        zone(0, "package-0", "100000");
        zone(1, "package-1", "900000");
        zone(2, "psys", "5");
        PackageEnergy meters = meters();
        assertEquals(Optional.empty(), meters.unreadable());
        List<Double> before = meters.read();
        assertEquals(List.of(100_000.0, 900_000.0), before);
        zone(0, "package-0", "350000");
        zone(1, "package-1", "150000"); // begun anew after 10^6
        zone(2, "psys", "999999");
        assertEquals(0.25 + 0.25, meters.joulesSince(before), 1e-12);
    }

    @Test
    void withoutMetersTheReasonIsToldAndSoIsWhatHelps() throws IOException {
        assertEquals("no energy is readable here: /sys/class/powercap/intel-rapl:0 is not there, as in most virtual machines",
                meters().unreadable().orElseThrow());
        zone(0, "package-0", null);
        assertEquals("no energy is readable here: /sys/class/powercap/intel-rapl:0/energy_uj is for root alone unless `chmod a+r` is"
                + " done to it", meters().unreadable().orElseThrow());
    }
}
