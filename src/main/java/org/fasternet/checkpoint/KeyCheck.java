package org.fasternet.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;

/**
 * Compares a state dict with the parameters that it must have, no more and no fewer, and says every difference.
 *
 * @param parameters what is expected, under published names
 * @param nameInFile how the file calls a published key
 */
record KeyCheck(List<Parameter> parameters, UnaryOperator<String> nameInFile) {
    /** Of each kind of fault: a hostile file may have a million wrong keys. */
    private static final int MAX_SHOWN = 8;

    /** @param integers types of the file's tensors of integers, which are not among the keys */
    void integers(Set<String> keys, Map<String, String> integers) {
        List<String> wrong = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (!keys.contains(parameter.key()) && integers.containsKey(nameInFile.apply(parameter.key()))) {
                wrong.add(parameter.key());
            }
        }
        refuse(wrong, key -> shown(key) + " holds integers (" + integers.get(nameInFile.apply(key))
                + "), floating point is expected", List.of());
    }

    void keys(Set<String> keys) {
        List<String> missing = new ArrayList<>();
        Set<String> surplus = new LinkedHashSet<>(keys);
        for (Parameter parameter : parameters) {
            if (!surplus.remove(parameter.key())) {
                missing.add(parameter.key());
            }
        }
        refuse(missing, key -> shown(key) + " is missing", surplus);
    }

    void shapes(FasterNetConfig config, Map<String, Tensor> weights) {
        List<Parameter> wrong = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (!Arrays.equals(weights.get(parameter.key()).shape(), parameter.shape(config))) {
                wrong.add(parameter);
            }
        }
        refuse(wrong, parameter -> shown(parameter.key()) + " has shape "
                + Arrays.toString(weights.get(parameter.key()).shape()) + ", " + Arrays.toString(parameter.shape(config))
                + " is expected", List.of());
    }

    /**
     * @param fault says what is wrong with one of {@code wrong}
     * @param surplus keys that are not expected
     */
    private <T> void refuse(Collection<T> wrong, Function<T, String> fault, Collection<String> surplus) {
        if (wrong.isEmpty() && surplus.isEmpty()) {
            return;
        }
        throw new ShapeException(Stream.of(sentence(wrong, fault), sentence(surplus, key -> shown(key) + " is not expected"))
                .filter(sentence -> !sentence.isEmpty())
                .collect(Collectors.joining("; ")));
    }

    private static <T> String sentence(Collection<T> faults, Function<T, String> sentence) {
        String more = faults.size() > MAX_SHOWN ? "; and so on, " + faults.size() + " in all" : "";
        return faults.stream().limit(MAX_SHOWN).map(sentence).collect(Collectors.joining("; ")) + more;
    }

    private String shown(String key) {
        return MalformedException.quote(nameInFile.apply(key));
    }
}
