package org.fasternet.tools.bench.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class WorkingSetTest {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final List<Long> CACHES = List.of(32 * KIB, MIB, 32 * MIB);

    private static List<WorkingSet> sets(long l1, long l2, long l3, long memory) {
        return List.of(new WorkingSet("L1", l1), new WorkingSet("L2", l2), new WorkingSet("L3", l3),
                new WorkingSet("memory", memory));
    }

    @Test
    void nearCachesAreEachThreadsOwnAndFarOnesAreShared() {
        assertEquals(sets(16 * KIB, 512 * KIB, 16 * MIB, 256 * MIB), WorkingSet.levels(CACHES, 1, 64 * GIB));
        assertEquals(sets(16 * KIB, 512 * KIB, 4 * MIB, 64 * MIB), WorkingSet.levels(CACHES, 4, 64 * GIB));
    }

    @Test
    void manyThreadsHaveSeveralLastCaches() {
        assertEquals(sets(16 * KIB, 512 * KIB, 1536 * KIB, 16 * MIB), WorkingSet.levels(CACHES, 96, 64 * GIB));
    }

    @Test
    void memoryIsFourTimesALargeCache() {
        List<Long> large = List.of(48 * KIB, 2 * MIB, 384 * MIB);
        assertEquals(sets(24 * KIB, MIB, 96 * MIB, 768 * MIB), WorkingSet.levels(large, 2, 64 * GIB));
    }

    @Test
    void memoryFitsAQuarterOfTheMachines() {
        assertEquals(sets(16 * KIB, 512 * KIB, 8 * MIB, 32 * MIB), WorkingSet.levels(CACHES, 2, 256 * MIB));
    }

    @Test
    void memoryThatIsNotKnownIsNoLimit() {
        assertEquals(WorkingSet.levels(CACHES, 2, 64 * GIB), WorkingSet.levels(CACHES, 2, 0));
    }

    @Test
    void theNearestCacheThatHasRoomHoldsThem() {
        assertEquals("L1", WorkingSet.holding(CACHES, 32 * KIB));
        assertEquals("L2", WorkingSet.holding(CACHES, 32 * KIB + 1));
        assertEquals("memory", WorkingSet.holding(CACHES, 1024 * GIB));
        assertEquals("memory", WorkingSet.holding(List.of(), 1));
    }

    @Test
    void cachesThatAreNotKnownAreNotMeasured() {
        assertEquals(List.of(new WorkingSet("memory", 64 * MIB)), WorkingSet.levels(List.of(), 4, 64 * GIB));
    }
}
