package org.fasternet.checkpoint;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.tensor.Tensor;

/**
 * The tensors of a file while it is read. The values of each pass by here once; those of a vector are kept, those of a larger
 * tensor are let go and read again when they are asked for.
 */
final class StateDict {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, String> integers = new LinkedHashMap<>();
    private Map<String, String> metadata = Map.of();
    private Optional<StoredQuantization> quantization = Optional.empty();
    private StateOrigin origin = StateOrigin.whole();
    private long nonFinite;
    private String firstNonFinite;

    /**
     * @param values begin with the tensor's, and may be overwritten after
     * @param again reads them once more
     */
    void add(String name, int[] shape, float[] values, Tensor.Values again) {
        int count = Tensor.elements(shape);
        Seen seen = Seen.nothing(shape).and(values, count);
        add(name, keeps(shape) ? seen.keeping(Arrays.copyOf(values, count)) : seen, again);
    }

    /** Whether a tensor is a vector, whose values are kept. */
    static boolean keeps(int[] shape) {
        return shape.length < 2;
    }

    /** As {@link #add(String, int[], float[], Tensor.Values)}, of values that were looked at already. */
    void add(String name, Seen seen, Tensor.Values again) {
        if (seen.nonFinite > 0 && nonFinite == 0) {
            firstNonFinite = name;
        }
        nonFinite += seen.nonFinite;
        tensors.put(name, seen.vector.isPresent()
                ? new Tensor(seen.shape, seen.vector.get())
                : Tensor.deferred(seen.shape, seen.largest, again));
    }

    /**
     * What is kept of a tensor's values when they pass by.
     *
     * @param largest of the finite ones' magnitudes
     * @param vector all of them, unless the tensor is larger than a vector
     */
    record Seen(int[] shape, float largest, int nonFinite, Optional<float[]> vector) {
        static Seen nothing(int[] shape) {
            return new Seen(shape, 0, 0, Optional.empty());
        }

        /** With the first {@code count} of {@code values} too. */
        Seen and(float[] values, int count) {
            float more = Magnitudes.largest(values, count);
            return Float.isFinite(more)
                    ? new Seen(shape, Math.max(largest, more), nonFinite, vector)
                    : new Seen(shape, Math.max(largest, Magnitudes.largestFinite(values, count)),
                            nonFinite + Magnitudes.nonFinite(values, count), vector);
        }

        Seen keeping(float[] values) {
            return new Seen(shape, largest, nonFinite, Optional.of(values));
        }
    }

    /** Notes a tensor of integers, which are not read. */
    void addIntegers(StoredKey key) {
        integers.put(key.key(), key.dtype());
    }

    /** What a safetensors header has under {@code __metadata__}. */
    void describe(Map<String, String> found) {
        metadata = found;
    }

    /** Nothing of a file that is not safetensors, or of several files. */
    Map<String, String> metadata() {
        return metadata;
    }

    /** What a safetensors header says of weights that are stored as whole numbers. */
    void quantized(Optional<StoredQuantization> found) {
        quantization = found;
    }

    /** Empty of a file that is not quantized. */
    Optional<StoredQuantization> quantization() {
        return quantization;
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
            // Only now: the first logger takes as long as reading a small model.
            System.getLogger(StateDictReader.class.getName()).log(System.Logger.Level.WARNING, name + ": " + nonFinite
                    + " weights are NaN or infinite, the first in tensor " + MalformedException.quote(firstNonFinite));
        }
    }
}
