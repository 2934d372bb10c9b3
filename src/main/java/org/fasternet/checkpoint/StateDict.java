package org.fasternet.checkpoint;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.tensor.Tensor;

/**
 * The tensors of a file while it is read. The values of each pass by here once; those of a vector are kept, those of a larger
 * tensor are let go and read again when they are asked for.
 */
final class StateDict {
    private static final System.Logger LOG = System.getLogger(StateDictReader.class.getName());

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> integers = new LinkedHashMap<>();
    private StateOrigin origin = StateOrigin.whole();
    private long nonFinite;
    private String firstNonFinite;

    /** Reserves the next place in the order of the tensors. */
    void declare(String name) {
        tensors.put(name, null);
    }

    /**
     * @param values begin with the tensor's, and may be overwritten after
     * @param again reads them once more
     */
    void add(String name, int[] shape, float[] values, Tensor.Values again) {
        int count = Tensor.elements(shape);
        float largest = Magnitudes.largest(values, count);
        if (!Float.isFinite(largest)) {
            if (nonFinite == 0) {
                firstNonFinite = name;
            }
            nonFinite += Magnitudes.nonFinite(values, count);
            largest = Magnitudes.largestFinite(values, count);
        }
        tensors.put(name, shape.length < 2
                ? new Tensor(shape, Arrays.copyOf(values, count))
                : Tensor.deferred(shape, largest, again));
    }

    /** Notes a tensor of integers, which are not read. */
    void addIntegers(StoredKey key) {
        integers.put(key.key(), key.dtype());
    }

    void foundAt(StateOrigin found) {
        origin = found;
    }

    /** Types of the tensors of integers, by name. */
    Map<String, String> integers() {
        return integers;
    }

    StateOrigin origin() {
        return origin;
    }

    /** By name, in the file's order. */
    Map<String, Tensor> tensors() {
        return tensors;
    }

    void warnOfNonFinite(String name) {
        if (nonFinite > 0) {
            LOG.log(System.Logger.Level.WARNING, name + ": " + nonFinite + " weights are NaN or infinite, the first in tensor "
                    + MalformedException.quote(firstNonFinite));
        }
    }
}
