package org.fasternet.internal.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as plain values: a {@link Map} in the order of the text, a {@link List}, a {@link String}, a {@link Boolean}, a
 * {@link Long} or, beyond it, a {@link BigInteger}, a {@link Double}, or null. By Gson's streaming parser alone, which is eight
 * classes; Jackson's is 77, and they took a tenth of the time from the start of a process to its first result.
 */
public final class Json {
    private Json() {}

    /**
     * One value; null for an empty text.
     *
     * @param depth of objects and lists within each other, at most
     * @throws MalformedException if it is not valid JSON in UTF-8, is nested deeper, has a key twice, or goes on behind the value
     */
    public static Object parse(byte[] text, int depth) throws MalformedException {
        try (JsonReader parser = new JsonReader(
                new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder()))) {
            parser.setStrictness(Strictness.STRICT);
            parser.setNestingLimit(depth);
            if (isBlank(text)) {
                return null;
            }
            Object value = value(parser);
            // Strict, it refuses whatever follows the value.
            parser.peek();
            return value;
        } catch (MalformedException e) {
            throw e;
        } catch (CharacterCodingException e) {
            throw new MalformedException("the text is not UTF-8");
        } catch (EOFException e) {
            throw new MalformedException("the text ends within a value");
        } catch (MalformedJsonException e) {
            throw new MalformedException(fault(e.getMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isBlank(byte[] text) {
        for (byte character : text) {
            if (character != ' ' && character != '\t' && character != '\r' && character != '\n') {
                return false;
            }
        }
        return true;
    }

    /**
     * What is wrong at which line and column. Gson says before it how to accept that, and behind it the keys that lead there, which
     * in a hostile file are endless or of several lines.
     */
    private static String fault(String message) {
        int path = message.indexOf(" path ");
        String before = path < 0 ? message : message.substring(0, path);
        return before.substring(Math.max(0, before.indexOf("malformed JSON")));
    }

    private static Object value(JsonReader parser) throws IOException {
        switch (parser.peek()) {
            case BEGIN_OBJECT:
                return object(parser);
            case BEGIN_ARRAY:
                List<Object> array = new ArrayList<>();
                parser.beginArray();
                while (parser.hasNext()) {
                    array.add(value(parser));
                }
                parser.endArray();
                return array;
            case STRING:
                return parser.nextString();
            case NUMBER:
                return number(parser.nextString());
            case BOOLEAN:
                return parser.nextBoolean();
            default:
                parser.nextNull();
                return null;
        }
    }

    private static Map<String, Object> object(JsonReader parser) throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        parser.beginObject();
        while (parser.hasNext()) {
            String key = parser.nextName();
            if (object.containsKey(key)) {
                throw new MalformedException("Duplicate field " + MalformedException.quote(key));
            }
            object.put(key, value(parser));
        }
        parser.endObject();
        return object;
    }

    /** @param text of a number, which the parser does not let be longer than its buffer of 1,024 characters */
    private static Number number(String text) {
        if (text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0) {
            return Double.valueOf(text);
        }
        BigInteger whole = new BigInteger(text);
        return whole.bitLength() < Long.SIZE ? (Number) whole.longValue() : whole;
    }

    /** The text of what {@link #parse} returns, without spaces; numbers of any kind are written. */
    public static String text(Object value) {
        StringWriter text = new StringWriter();
        try (JsonWriter writer = new JsonWriter(text)) {
            // A number may be no number in JSON, in a message about it.
            writer.setStrictness(Strictness.LENIENT);
            write(value, writer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(Object value, JsonWriter writer) throws IOException {
        if (value instanceof Map<?, ?> object) {
            writer.beginObject();
            for (Map.Entry<?, ?> field : object.entrySet()) {
                writer.name((String) field.getKey());
                write(field.getValue(), writer);
            }
            writer.endObject();
        } else if (value instanceof List<?> array) {
            writer.beginArray();
            for (Object element : array) {
                write(element, writer);
            }
            writer.endArray();
        } else if (value instanceof String text) {
            writer.value(text);
        } else if (value instanceof Number number) {
            writer.value(number);
        } else if (value instanceof Boolean flag) {
            writer.value(flag);
        } else {
            writer.nullValue();
        }
    }
}
