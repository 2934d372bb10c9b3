package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ServerSearchTest {
    private static final long MILLI = 1_000_000;
    private static final long BOUND = 15 * MILLI;

    private final List<Double> rates = new ArrayList<>();

    /** One server that takes this long for every query: what can arrive at most is known. */
    private LoadRun search(long service, double most, Least least) {
        FakeSystem system = new FakeSystem(false, i -> service);
        LoadGenerator load = new LoadGenerator(system, system, 1024, 1, () -> false);
        return new ServerSearch(load, new Rules(BOUND), rates::add, () -> false).run(most, least);
    }

    @Test
    void bisectionFindsTheHighestRate() {
        OptionalDouble found = ServerSearch.highest(1000, qps -> qps <= 613);
        assertTrue(found.orElseThrow() <= 613 && found.orElseThrow() > 613 * 0.98, found.toString());
        assertTrue(ServerSearch.highest(1000, qps -> true).orElseThrow() > 990);
    }

    @Test
    void bisectionGivesUpOnLowRates() {
        List<Double> tried = new ArrayList<>();
        assertEquals(OptionalDouble.empty(), ServerSearch.highest(1000, qps -> !tried.add(qps)));
        assertEquals(List.of(500.0, 250.0, 125.0), tried);
    }

    /**
     * A queue with Poisson arrivals at the rate r per millisecond and a constant service of 1 ms: the probability of a long wait
     * to exceed t is (1 - r) / (r e^q - 1) e^(-q t) with r (e^q - 1) = q. For t = 14 ms it is 1 % where r is 0.848.
     */
    @Test
    void theRateFoundIsWhatQueueingTheorySays() {
        LoadRun run = search(MILLI, 1000, new Least(100_000 * MILLI, 1));
        assertTrue(run.complete());
        assertEquals(848, run.targetQps(), 25);
        assertTrue(new Rules(BOUND).unproved(run).isEmpty());
        assertTrue(run.covered() >= 100_000 * MILLI);
    }

    /** The warm-up may have met the machine in a slower state. */
    @Test
    void aRateSomewhatAboveTheWarmUpsIsFoundToo() {
        assertEquals(848, search(MILLI, 750, new Least(100_000 * MILLI, 1)).targetQps(), 25);
    }

    @Test
    void aRunHasEnoughQueriesToProveSomething() {
        assertTrue(search(MILLI, 1000, new Least(1, 1)).queries() >= 662);
    }

    @Test
    void aSystemThatIsTooSlowForTheBoundIsReported() {
        LoadRun run = search(20 * MILLI, 50, new Least(1000 * MILLI, 1));
        assertFalse(run.complete());
        assertEquals(60.0 / 8, run.targetQps());
        assertEquals(List.of(30.0, 15.0, 7.5, 7.5), rates);
    }
}
