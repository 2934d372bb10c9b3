package org.fasternet.tools.bench.peak;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.abi.measure.PeakLoops;

/**
 * Measures what the CPU can do at most.
 *
 * <p>A measurement is one native call. It pins each of its threads to a CPU of its own, in the calling thread's affinity mask and
 * one per core before a second one on any, and has all of them work without a pause through the warm-up, as long as a round, and
 * the rounds. A round's figure is the sum of the threads' rates within it. Two measurements at the same time spoil each other.
 *
 * <p>An ISA is one of {@link org.fasternet.Hardware#isas}; another is an {@link UnsupportedException}, as is a number of threads
 * above that of the CPUs in the affinity mask.
 *
 * @param rounds of one measurement, after the warm-up
 * @param round how long each lasts, at least; below a millisecond, a thread that wakes up late spoils it
 */
public record PeakMeter(int rounds, Duration round) {
    private static final Map<MemoryKernel, Integer> CODES = Map.of(MemoryKernel.READ, PeakLoops.READ,
            MemoryKernel.WRITE, PeakLoops.WRITE, MemoryKernel.COPY, PeakLoops.COPY, MemoryKernel.TRIAD, PeakLoops.TRIAD);

    public PeakMeter {
        if (rounds < 1 || round.compareTo(Duration.ofNanos(1)) < 0) {
            throw new UnsupportedException(
                    "a measurement of " + rounds + " rounds of " + round + ": it needs a round of some time");
        }
    }

    /** The instruction whose peak {@link #compute} measures; empty if the ISA or the CPU has none for this type. */
    public static Optional<String> instruction(String isa, NumberType type) {
        return PeakLoops.instruction(isa, type.code());
    }

    /** @throws UnsupportedException if {@link #instruction} is empty: the message says what is missing */
    public ComputePeak compute(String isa, NumberType type, int threads) {
        Rates operations = rates(PeakLoops.compute(plan(isa, threads), type.code()));
        return new ComputePeak(isa, type, instruction(isa, type).orElseThrow(), threads, operations);
    }

    /** Allocates the working sets of all threads for the time of the call. */
    public Bandwidth bandwidth(String isa, MemoryKernel kernel, WorkingSet set, int threads) {
        Rates bytes = rates(PeakLoops.memory(plan(isa, threads), CODES.get(kernel), set.bytesPerThread()));
        return new Bandwidth(isa, kernel, set, threads, bytes);
    }

    private PeakLoops.Plan plan(String isa, int threads) {
        return new PeakLoops.Plan(isa, threads, rounds, round.toNanos());
    }

    private static Rates rates(double[] perSecond) {
        return new Rates(Arrays.stream(perSecond).boxed().toList());
    }
}
