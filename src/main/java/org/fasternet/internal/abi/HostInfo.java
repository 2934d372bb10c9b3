package org.fasternet.internal.abi;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.BytePointer;

/** What the native library says of the CPU and of itself. Any thread may ask. */
public final class HostInfo {
    static {
        NativeLibrary.load(Abi.class);
    }

    private static final List<String> PRECISIONS = names(Abi::fn_precision_name);

    private HostInfo() {}

    /** As {@code fn_cpu_count}. */
    public record CpuCount(int online, int affinity, double quota, int usable) {}

    public static String cpuModel() {
        return NativeLibrary.string(Abi.fn_cpu_model());
    }

    /** By their names in {@code /proc/cpuinfo}. */
    public static List<String> cpuFeatures() {
        long features = Abi.fn_cpu_features();
        return IntStream.range(0, Long.SIZE)
                .filter(bit -> (features >>> bit & 1) != 0)
                .mapToObj(bit -> NativeLibrary.string(Abi.fn_cpu_feature_name(bit)))
                .toList();
    }

    /**
     * Those that may be used here, least demanding first.
     *
     * @throws org.fasternet.error.UnsupportedException if the cap on them is none
     */
    public static List<String> isas() {
        List<String> isas = new ArrayList<>();
        for (int isa = 0, best = selectIsa(null); isa <= best; isa++) {
            String name = NativeLibrary.string(Abi.fn_isa_name(isa));
            // Not every CPU that can run one can run all before it.
            if (Abi.fn_isa_select(new BytePointer(name), new int[1]) == Abi.FN_OK) {
                isas.add(name);
            }
        }
        return List.copyOf(isas);
    }

    /**
     * The library's number of an ISA.
     *
     * @param name null for the best
     * @throws org.fasternet.error.UnsupportedException if it is not one of {@link #isas}
     */
    public static int selectIsa(String name) {
        int[] isa = new int[1];
        NativeLibrary.check(Abi.fn_isa_select(name, isa));
        return isa[0];
    }

    /** Bytes of each level's data or unified cache, level 1 first. */
    public static List<Long> cacheBytes() {
        return LongStream.iterate(1, level -> level + 1)
                .map(level -> Abi.fn_cpu_cache_bytes((int) level))
                .takeWhile(bytes -> bytes > 0)
                .boxed()
                .toList();
    }

    /** As the limits are now. */
    public static CpuCount cpuCount() {
        try (NativeMemory memory = NativeMemory.of(fn_cpu_count.class)) {
            fn_cpu_count count = new fn_cpu_count(memory.pointer());
            NativeLibrary.check(Abi.fn_cpu_count_get(count));
            return new CpuCount(count.hardware(), count.affinity(), count.quota(), count.usable());
        }
    }

    /** Names of what the engine's kernels compute in, on some CPU, by the engine's numbers. */
    public static List<String> precisions() {
        return PRECISIONS;
    }

    /** Those that a function returns for 0, 1 and so on, until it returns NULL. */
    public static List<String> names(IntFunction<BytePointer> function) {
        List<String> names = new ArrayList<>();
        for (String name; (name = NativeLibrary.string(function.apply(names.size()))) != null;) {
            names.add(name);
        }
        return List.copyOf(names);
    }
}
