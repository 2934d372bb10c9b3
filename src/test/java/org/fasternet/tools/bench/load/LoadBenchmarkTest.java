package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** A scripted system on a clock of its own. */
class LoadBenchmarkTest {
    private static final long SECOND = 1_000_000_000;

    private static LoadBenchmark benchmark() {
        LoadSettings settings = new LoadSettings(
                Duration.ofSeconds(10), false, Duration.ofMillis(15), OptionalDouble.empty(), Duration.ZERO, 1);
        return new LoadBenchmark(settings, Optional.empty(), what -> {}, () -> false);
    }

    /** 100 a second in the warm-up, and 125 then: 1,100 samples take 8.8 s, so 1,375 are asked for. */
    @Test
    void anOfflineRunThatWasTooShortIsMadeAgain() {
        FakeSystem system = new FakeSystem(true, query -> query == 0 ? 8_800_000_000L : 11 * SECOND);
        LoadRun run = benchmark().offline(new LoadGenerator(system, system, 1024, 1, () -> false), 100);
        assertEquals(2, system.issued.size());
        assertEquals(1375, run.samples(), 2);
        assertEquals(11 * SECOND, run.covered());
    }

    @Test
    void oneThatIsLongEnoughIsNot() {
        FakeSystem system = new FakeSystem(true, query -> 10 * SECOND);
        assertEquals(1100, benchmark().offline(new LoadGenerator(system, system, 1024, 1, () -> false), 100).samples(), 2);
        assertEquals(1, system.issued.size());
    }
}
