package org.fasternet.tools.bench.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is told of a run as key and value, in the format of MLPerf's {@code mlperf_log_detail.txt}: a line of JSON for each behind a
 * marker ({@code logging.cc} of LoadGen 6.0.17).
 */
final class DetailLog {
    private static final String MARKER = ":::MLLOG ";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> values = new LinkedHashMap<>();

    /** @param value a text, a number or a truth value */
    DetailLog put(String key, Object value) {
        values.put(key, value);
        return this;
    }

    /** A number of 64 bits without a sign. */
    DetailLog putUnsigned(String key, long value) {
        return put(key, new BigInteger(Long.toUnsignedString(value)));
    }

    Object get(String key) {
        return values.get(key);
    }

    /** @param millis since the log began, of all lines: they are written when all is known */
    List<String> lines(double millis) {
        return values.entrySet().stream().map(entry -> line(entry.getKey(), entry.getValue(), millis)).toList();
    }

    private static String line(String key, Object value, double millis) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("is_error", false);
        metadata.put("is_warning", false);
        metadata.put("file", "fasternet");
        metadata.put("line_no", 0);
        metadata.put("pid", ProcessHandle.current().pid());
        metadata.put("tid", Thread.currentThread().getId());
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("key", key);
        line.put("value", value);
        line.put("time_ms", millis);
        line.put("namespace", "mlperf::logging");
        line.put("event_type", "POINT_IN_TIME");
        line.put("metadata", metadata);
        try {
            return MARKER + JSON.writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
