package org.fasternet.tools.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import org.fasternet.error.InvalidFileException;
import org.junit.jupiter.api.Test;

class NamedNetworkTest {
    private final List<String> loaded = new ArrayList<>();
    private final NamedNetwork.Current current = new NamedNetwork.Current();

    private NamedNetwork network(String name) {
        FasterNet network = FasterNet.random(Variant.T0, 1);
        return new NamedNetwork(name, () -> {
            loaded.add(name);
            return network;
        }, NamedNetworkTest::noFile);
    }

    private static Path noFile() {
        throw new AssertionError("only a process that is started asks for a file");
    }

    @Test
    void aNetworkIsLoadedOnceUntilAnotherIsAskedFor() {
        NamedNetwork a = network("a");
        NamedNetwork b = network("b");
        FasterNet first = current.get(a);
        assertSame(first, current.get(a));
        assertSame(b.load().get(), current.get(b));
        current.get(a);
        assertEquals(List.of("a", "b", "b", "a"), loaded);
    }

    @Test
    void oneThatCannotBeLoadedIsTriedAgain() {
        NamedNetwork broken = new NamedNetwork("broken", () -> {
            loaded.add("broken");
            throw new InvalidFileException("broken");
        }, NamedNetworkTest::noFile);
        assertThrows(InvalidFileException.class, () -> current.get(broken));
        assertThrows(InvalidFileException.class, () -> current.get(broken));
        assertEquals(List.of("broken", "broken"), loaded);
    }
}
