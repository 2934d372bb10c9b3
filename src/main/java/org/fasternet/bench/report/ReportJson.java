package org.fasternet.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.fasternet.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/** Reports as JSON, in the structure that the resource {@code report.schema.json} beside this class documents. */
public final class ReportJson {
    /** A report of thousands of lines has a few megabytes. */
    private static final int MAX_BYTES = 64 << 20;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ReportJson() {}

    public static void write(Report report, OutputStream out) throws IOException {
        out.write(MAPPER.writeValueAsBytes(report));
        out.write('\n');
    }

    /** On one line, without characters that would end a script element of HTML. */
    public static String line(Report report) {
        try {
            return MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report).replace("<", "\\u003c");
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
                JsonNode json = MAPPER.readTree(path.toFile());
                if (json.path("schema").asInt() != Report.SCHEMA) {
                    throw new MalformedException("is not a report of a benchmark with \"schema\": " + Report.SCHEMA);
                }
                return MAPPER.treeToValue(json, Report.class);
            } catch (JsonProcessingException | NullPointerException e) {
                throw new MalformedException("is not a report of a benchmark: " + e.getMessage());
            }
        });
    }
}
