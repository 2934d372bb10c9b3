package org.fasternet.tools.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import org.fasternet.tensor.Shape;

/** What {@code --json} prints. Built by hand, so that the field names are an interface and not those of our classes. */
public final class Json {
    private static final ObjectMapper MAPPER =
            new ObjectMapper(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build());

    private Json() {}

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Prints one value, in ASCII: whatever the terminal's character set is, it is valid. */
    public static void print(ObjectNode json, PrintWriter out) {
        print(json, MAPPER.writerWithDefaultPrettyPrinter(), out);
    }

    /** As {@link #print}, on one line, which is flushed. */
    static void printLine(ObjectNode json, PrintWriter out) {
        print(json, MAPPER.writer(), out);
        out.flush();
    }

    private static void print(ObjectNode json, ObjectWriter writer, PrintWriter out) {
        try {
            out.println(writer.writeValueAsString(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static ArrayNode shape(Shape shape) {
        return JsonNodeFactory.instance.arrayNode().add(shape.n()).add(shape.c()).add(shape.h()).add(shape.w());
    }

    /** Milliseconds to the microsecond. */
    static double milliseconds(long nanoseconds) {
        return Math.round(nanoseconds / 1e3) / 1e3;
    }
}
