package org.fasternet.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.MalformedException;

/**
 * The fields of a JSON object from a file, each of a known kind, or one sentence about what else it is.
 *
 * @param source what the sentence begins with
 */
record JsonFields(String source, JsonNode root) {
    private static final ObjectMapper JSON = new ObjectMapper(
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * What a field may hold.
     *
     * @param name for a message, with its article
     */
    record Kind<T>(String name, Predicate<JsonNode> fits, Function<JsonNode, T> value) {
        static final Kind<Integer> INTEGER = new Kind<>(
                "an integer", json -> json.isIntegralNumber() && json.canConvertToInt(), JsonNode::intValue);
        static final Kind<Double> NUMBER = new Kind<>(
                "a finite number", json -> json.isNumber() && Double.isFinite(json.doubleValue()), JsonNode::doubleValue);
        static final Kind<Boolean> FLAG = new Kind<>("true or false", JsonNode::isBoolean, JsonNode::booleanValue);
        static final Kind<String> TEXT = new Kind<>("a string", JsonNode::isTextual, JsonNode::textValue);

        static <T> Kind<List<T>> listOf(Kind<T> element) {
            return new Kind<>(
                    "a list, each element " + element.name,
                    json -> json.isArray() && StreamSupport.stream(json.spliterator(), false).allMatch(element.fits),
                    json -> StreamSupport.stream(json.spliterator(), false).map(element.value).toList());
        }
    }

    static JsonFields parse(String source, String json) {
        try {
            JsonNode root = JSON.readTree(json);
            if (!root.isObject()) {
                throw new InvalidFileException(source + ": is not a JSON object");
            }
            return new JsonFields(source, root);
        } catch (JsonProcessingException e) {
            throw new InvalidFileException(source + ": is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** The field of the object {@code parent} or, where that has none, of the root; nothing if it is null or in neither. */
    <T> Optional<T> get(String parent, String name, Kind<T> kind) {
        JsonNode nested = root.path(parent).path(name);
        JsonNode json = nested.isMissingNode() ? root.path(name) : nested;
        if (json.isMissingNode() || json.isNull()) {
            return Optional.empty();
        }
        if (!kind.fits.test(json)) {
            throw fault(name + " is " + MalformedException.quote(json.toString()) + ", " + kind.name + " is expected");
        }
        return Optional.of(kind.value.apply(json));
    }

    InvalidFileException fault(String sentence) {
        return new InvalidFileException(source + ": " + sentence);
    }
}
