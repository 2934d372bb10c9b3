package org.fasternet.tools.bench.report;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the records of a report demand of their fields, by name: files bring everything. */
final class Fields {
    private Fields() {}

    /** @throws IllegalArgumentException if it is null */
    static <T> T present(String name, T value) {
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    static double finite(String name, Double value) {
        if (!Double.isFinite(present(name, value))) {
            throw new IllegalArgumentException("'" + name + "' is " + value);
        }
        return value;
    }

    static <T> List<T> list(String name, List<T> values) {
        if (present(name, values).stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("'" + name + "' has null in it");
        }
        return List.copyOf(values);
    }

    /** In the order of the keys. */
    static <K extends Enum<K>, V> Map<K, V> ordered(Class<K> keys, String name, Map<K, V> map) {
        Map<K, V> ordered = new EnumMap<>(keys);
        present(name, map).forEach((key, value) -> ordered.put(key, present(name, value)));
        return Collections.unmodifiableMap(ordered);
    }
}
