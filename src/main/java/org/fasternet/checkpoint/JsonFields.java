package org.fasternet.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;

/**
 * The fields of a JSON object from a file, each of a known kind, or one sentence about what else it is.
 *
 * @param source what the sentence begins with
 */
record JsonFields(String source, Map<?, ?> root) {
    private static final int MAX_DEPTH = 100;

    /**
     * What a field may hold.
     *
     * @param name for a message, with its article
     * @param value of what {@link Json} makes of it; null if it is of another kind
     */
    record Kind<T>(String name, Function<Object, T> value) {
        static final Kind<Integer> INTEGER = new Kind<>("an integer",
                json -> json instanceof Long number && number.intValue() == number ? Integer.valueOf(number.intValue()) : null);
        static final Kind<Double> NUMBER = new Kind<>("a finite number",
                json -> json instanceof Number number && Double.isFinite(number.doubleValue()) ? number.doubleValue() : null);
        static final Kind<Boolean> FLAG = new Kind<>("true or false", json -> json instanceof Boolean flag ? flag : null);
        static final Kind<String> TEXT = new Kind<>("a string", json -> json instanceof String text ? text : null);

        static <T> Kind<List<T>> listOf(Kind<T> element) {
            return new Kind<>("a list, each element " + element.name,
                    json -> json instanceof List<?> list ? values(list, element) : null);
        }

        private static <T> List<T> values(List<?> list, Kind<T> element) {
            List<T> values = new ArrayList<>();
            for (Object json : list) {
                T value = element.value.apply(json);
                if (value == null) {
                    return null;
                }
                values.add(value);
            }
            return values;
        }
    }

    static JsonFields parse(String source, String json) {
        try {
            if (Json.parse(json.getBytes(StandardCharsets.UTF_8), MAX_DEPTH) instanceof Map<?, ?> root) {
                return new JsonFields(source, root);
            }
            throw new InvalidFileException(source + ": is not a JSON object");
        } catch (MalformedException e) {
            throw new InvalidFileException(source + ": is not valid JSON: " + e.getMessage(), e);
        }
    }

    /** The field of the object {@code parent} or, where that has none, of the root; nothing if it is null or in neither. */
    <T> Optional<T> get(String parent, String name, Kind<T> kind) {
        Object json = root.get(parent) instanceof Map<?, ?> nested && nested.containsKey(name) ? nested.get(name) : root.get(name);
        if (json == null) {
            return Optional.empty();
        }
        T value = kind.value.apply(json);
        if (value == null) {
            throw fault(name + " is " + MalformedException.quote(Json.text(json)) + ", " + kind.name + " is expected");
        }
        return Optional.of(value);
    }

    InvalidFileException fault(String sentence) {
        return new InvalidFileException(source + ": " + sentence);
    }
}
