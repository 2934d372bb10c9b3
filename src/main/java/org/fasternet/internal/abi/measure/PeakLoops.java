package org.fasternet.internal.abi.measure;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.HostInfo;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.internal.abi.fn_measure_options;

/**
 * The loops of {@code fasternet_measure.h}. An ISA is one of {@link org.fasternet.Hardware#isas}; another is an {@link
 * org.fasternet.error.UnsupportedException}, as is a number of threads above that of the CPUs in the affinity mask.
 */
public final class PeakLoops {
    /** Ways to pass over memory. */
    public static final int READ = Abi.FN_MEASURE_READ;
    public static final int WRITE = Abi.FN_MEASURE_WRITE;
    public static final int COPY = Abi.FN_MEASURE_COPY;
    public static final int TRIAD = Abi.FN_MEASURE_TRIAD;

    static {
        NativeLibrary.load(Abi.class);
    }

    private PeakLoops() {}

    /**
     * How a measurement is done.
     *
     * @param threads each pinned to a CPU of its own
     * @param rounds after the warm-up, which lasts as long as one of them
     * @param roundNanos least duration of a round
     */
    public record Plan(String isa, int threads, int rounds, long roundNanos) {}

    /** Names of what is multiplied, by the numbers that the other functions take. */
    public static List<String> types() {
        return HostInfo.names(Abi::fn_measure_type_name);
    }

    /** The instruction that {@link #compute} repeats; empty if the ISA or the CPU has none for this type. */
    public static Optional<String> instruction(String isa, int type) {
        return Optional.ofNullable(NativeLibrary.string(Abi.fn_measure_instruction(HostInfo.selectIsa(isa), type)));
    }

    /** Operations per second of each round: a multiply-add of one lane is two. */
    public static double[] compute(Plan plan, int type) {
        return measure(plan, (options, rates) -> Abi.fn_measure_compute(options, type, rates));
    }

    /** Bytes per second of each round. */
    public static double[] memory(Plan plan, int way, long bytesPerThread) {
        return measure(plan, (options, rates) -> Abi.fn_measure_memory(options, way, bytesPerThread, rates));
    }

    /**
     * Nanoseconds for which a cache line is on its way from one CPU to another and back; empty if there is one CPU, or threads are
     * refused.
     */
    public static OptionalDouble roundTripNanos() {
        double[] nanos = new double[1];
        return Abi.fn_measure_round_trip(nanos) == Abi.FN_OK ? OptionalDouble.of(nanos[0]) : OptionalDouble.empty();
    }

    private static double[] measure(Plan plan, BiFunction<fn_measure_options, double[], Integer> function) {
        int isa = HostInfo.selectIsa(plan.isa());
        try (NativeMemory memory = NativeMemory.of(fn_measure_options.class)) {
            fn_measure_options options = new fn_measure_options(memory.pointer());
            options.isa(isa).threads(plan.threads()).rounds(plan.rounds()).round_ns(plan.roundNanos());
            double[] rates = new double[plan.rounds()];
            NativeLibrary.check(function.apply(options, rates));
            return rates;
        }
    }
}
