package org.fasternet.bench.peak;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BiFunction;
import org.fasternet.UnsupportedException;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.internal.abi.fn_measure_options;

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
    public PeakMeter {
        if (rounds < 1 || round.compareTo(Duration.ofNanos(1)) < 0) {
            throw new UnsupportedException(
                    "a measurement of " + rounds + " rounds of " + round + ": it needs a round of some time");
        }
    }

    /** The instruction whose peak {@link #compute} measures; empty if the ISA or the CPU has none for this type. */
    public static Optional<String> instruction(String isa, NumberType type) {
        return Optional.ofNullable(NativeLibrary.string(Abi.fn_measure_instruction(number(isa), type.code)));
    }

    /** @throws UnsupportedException if {@link #instruction} is empty: the message says what is missing */
    public ComputePeak compute(String isa, NumberType type, int threads) {
        Rates operations = measure(isa, threads, (options, rates) -> Abi.fn_measure_compute(options, type.code, rates));
        return new ComputePeak(isa, type, instruction(isa, type).orElseThrow(), threads, operations);
    }

    /** Allocates the working sets of all threads for the time of the call. */
    public Bandwidth bandwidth(String isa, MemoryKernel kernel, WorkingSet set, int threads) {
        Rates bytes = measure(isa, threads,
                (options, rates) -> Abi.fn_measure_memory(options, kernel.code, set.bytesPerThread(), rates));
        return new Bandwidth(isa, kernel, set, threads, bytes);
    }

    private Rates measure(String isa, int threads, BiFunction<fn_measure_options, double[], Integer> function) {
        int number = number(isa);
        try (NativeMemory memory = NativeMemory.of(fn_measure_options.class)) {
            fn_measure_options options = new fn_measure_options(memory.pointer());
            options.isa(number).threads(threads).rounds(rounds).round_ns(round.toNanos());
            double[] rates = new double[rounds];
            NativeLibrary.check(function.apply(options, rates));
            return new Rates(Arrays.stream(rates).boxed().toList());
        }
    }

    private static int number(String isa) {
        NativeLibrary.load(Abi.class);
        int[] number = new int[1];
        NativeLibrary.check(Abi.fn_isa_select(isa, number));
        return number[0];
    }
}
