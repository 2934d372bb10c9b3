package org.fasternet.backend.cudnn;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** Which of some ways to compute the same is the fastest on a device: measured once, and kept with the plans. */
final class Choices {
    /** What the keys have that are of choices. */
    static final String KIND = "a choice with ";

    private final PlanCache cache;
    private final String machine;
    private final Map<String, String> made = new HashMap<>();

    /** @param machine the device and the libraries' versions */
    Choices(PlanCache cache, String machine) {
        this.cache = cache;
        this.machine = machine;
    }

    /**
     * The fastest way.
     *
     * @param source of the kernels there is a choice with
     * @param what is computed, with all that its time depends on
     * @param names of the ways
     * @param micros what one takes
     */
    String fastest(String source, String what, Set<String> names, ToDoubleFunction<String> micros) {
        String key = machine + KIND + source + "for " + what;
        // Not by computeIfAbsent: to measure a way may need choices too.
        if (!made.containsKey(key)) {
            made.put(key, cache.read(key).map(kept -> new String(kept, StandardCharsets.UTF_8)).filter(names::contains).orElseGet(() -> {
                Map<String, Double> times = new LinkedHashMap<>();
                names.forEach(name -> times.put(name, micros.applyAsDouble(name)));
                String best = Collections.min(times.entrySet(), Map.Entry.comparingByValue()).getKey();
                cache.write(key, best.getBytes(StandardCharsets.UTF_8));
                return best;
            }));
        }
        return made.get(key);
    }
}
