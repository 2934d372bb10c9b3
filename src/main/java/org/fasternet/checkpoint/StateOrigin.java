package org.fasternet.checkpoint;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.internal.io.MalformedException;

/**
 * Where in its file a network was found, and what else was there.
 *
 * @param place what {@link CheckpointOptions#withState} calls it: the keys of dicts and the prefix before every key, with dots
 *     between them; empty for the top level
 * @param others places where other networks were found that fit as well, averages of this one's weights
 * @param leftOut tensors outside of the place, counted by the first part of their name
 */
public record StateOrigin(String place, List<String> others, Map<String, Integer> leftOut) {
    public StateOrigin {
        others = List.copyOf(others);
        leftOut = Collections.unmodifiableMap(new LinkedHashMap<>(leftOut));
    }

    /** Of a network that fills its file. */
    static StateOrigin whole() {
        return new StateOrigin("", List.of(), Map.of());
    }

    /** What was left out, as in {@code 12 of 'neck', 4 of 'bbox_head'}; empty if nothing was. */
    public String leftOutText() {
        final int most = 8;
        List<String> parts = leftOut.entrySet().stream().limit(most)
                .map(part -> part.getValue() + " of " + MalformedException.quote(part.getKey())).toList();
        return String.join(", ", parts) + (leftOut.size() > most ? " and " + (leftOut.size() - most) + " other parts" : "");
    }
}
