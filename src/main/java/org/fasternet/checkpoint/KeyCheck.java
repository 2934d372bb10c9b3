package org.fasternet.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.fasternet.FasterNetConfig;
import org.fasternet.ShapeException;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.tensor.Tensor;

/**
 * Compares a state dict with the parameters that it must have, no more and no fewer, and says every difference.
 *
 * @param parameters what is expected, under published names
 * @param nameInFile how the file calls a published key
 */
record KeyCheck(List<Parameter> parameters, UnaryOperator<String> nameInFile) {
    /** A hostile file may have a million wrong keys. */
    private static final int MAX_SHOWN = 8;

    void keys(Set<String> keys) {
        List<String> faults = new ArrayList<>();
        Set<String> surplus = new LinkedHashSet<>(keys);
        for (Parameter parameter : parameters) {
            if (!surplus.remove(parameter.key())) {
                faults.add(shown(parameter.key()) + " is missing");
            }
        }
        surplus.forEach(key -> faults.add(shown(key) + " is not expected"));
        refuse(faults);
    }

    void shapes(FasterNetConfig config, Map<String, Tensor> weights) {
        List<String> faults = new ArrayList<>();
        for (Parameter parameter : parameters) {
            int[] found = weights.get(parameter.key()).shape();
            int[] expected = parameter.shape(config);
            if (!Arrays.equals(found, expected)) {
                faults.add(shown(parameter.key()) + " has shape " + Arrays.toString(found) + ", " + Arrays.toString(expected)
                        + " is expected");
            }
        }
        refuse(faults);
    }

    private static void refuse(List<String> faults) {
        if (!faults.isEmpty()) {
            String more = faults.size() > MAX_SHOWN ? "; and " + (faults.size() - MAX_SHOWN) + " faults more" : "";
            throw new ShapeException(faults.stream().limit(MAX_SHOWN).collect(Collectors.joining("; ")) + more);
        }
    }

    private String shown(String key) {
        return MalformedException.quote(nameInFile.apply(key));
    }
}
