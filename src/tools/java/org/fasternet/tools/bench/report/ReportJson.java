package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/** Reports as JSON, in the structure that the resource {@code report.schema.json} beside this class documents. */
public final class ReportJson {
    /** A report of thousands of lines has a few megabytes. */
    private static final int MAX_BYTES = 16 << 20;
    /** A sentence is no place for what a hostile file has as a name. */
    private static final int MAX_REASON = 200;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    private ReportJson() {}

    /** The one field that all versions have. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Version(Integer schema) {}

    public static void write(Report report, OutputStream out) throws IOException {
        out.write(MAPPER.writeValueAsBytes(report));
        out.write('\n');
    }

    /** On one line, without characters that would end a script element of HTML. */
    public static String line(Object value) {
        try {
            return MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value).replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads a report of this version of the structure.
     *
     * @throws InvalidFileException if the file is anything else
     */
    public static Report read(Path path) {
        return InputFile.read(path, size -> {
            if (size > MAX_BYTES) {
                throw new MalformedException("has " + size + " bytes, a report has at most " + MAX_BYTES);
            }
            try {
                Version version = MAPPER.readValue(path.toFile(), Version.class);
                if (version == null || !Integer.valueOf(Report.SCHEMA).equals(version.schema)) {
                    throw new MalformedException("is not a report of a benchmark with \"schema\": " + Report.SCHEMA);
                }
                return MAPPER.readValue(path.toFile(), Report.class);
            } catch (JsonProcessingException e) {
                throw new MalformedException("is not a report of a benchmark: " + place(e) + reason(e));
            }
        });
    }

    /** Where in the file, such as {@code line 12, at measurements[3].values: }. */
    private static String place(JsonProcessingException e) {
        StringBuilder place = new StringBuilder();
        if (e.getLocation() != null) {
            place.append("line ").append(e.getLocation().getLineNr());
        }
        String separator = ", at ";
        List<Reference> path = e instanceof JsonMappingException mapping ? mapping.getPath() : List.of();
        for (Reference step : path) {
            place.append(step.getFieldName() == null ? "[" + step.getIndex() + "]" : separator + step.getFieldName());
            separator = ".";
        }
        return printable(place + ": ");
    }

    /** What our own classes found wrong, or the parser, without the packages of classes. */
    private static String reason(JsonProcessingException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause instanceof JsonProcessingException json ? json.getOriginalMessage() : cause.getMessage();
        return printable(message.replaceFirst("(?s).*, problem: \\([\\w.]+\\) ", "").replaceAll("(?:[a-z]\\w*\\.){2,}", ""));
    }

    private static String printable(String text) {
        String shown = text.length() > MAX_REASON ? text.substring(0, MAX_REASON) + "..." : text;
        return shown.replaceAll("\\p{C}+", " ");
    }
}
