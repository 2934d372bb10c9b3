package org.fasternet.tools.bench.report;

import static org.fasternet.TestFiles.assertAbsenceIsNamed;
import static org.fasternet.TestFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ReportJsonTest {
    @TempDir
    private Path folder;

    private static String schemaText() throws IOException {
        return new String(ReportJson.class.getResourceAsStream("report.schema.json").readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String json(Report report) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ReportJson.write(report, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("report.json"), content);
    }

    private static Map<String, String> descriptions(JsonNode properties) {
        Map<String, String> descriptions = new LinkedHashMap<>();
        properties.properties().forEach(field -> descriptions.put(field.getKey(), field.getValue().path("description").asText()));
        return descriptions;
    }

    /** Names and descriptions. */
    @Test
    void theSchemaHasTheMetricsAndDimensions() throws IOException {
        JsonNode schema = new ObjectMapper().readTree(schemaText());
        JsonNode definitions = schema.path("$defs");
        assertEquals(
                Arrays.stream(Metric.values()).collect(Collectors.toMap(Metric::id, Metric::description)),
                descriptions(definitions.path("values").path("properties")));
        assertEquals(
                Arrays.stream(Dimension.values()).collect(Collectors.toMap(Dimension::id, Dimension::description)),
                descriptions(definitions.path("subject").path("properties")));
        assertEquals(
                Arrays.stream(Metric.values()).map(Metric::id).collect(Collectors.toSet()),
                new ObjectMapper().convertValue(schema.path("properties").path("primary").path("enum"), Set.class));
        assertEquals(Report.SCHEMA, schema.path("properties").path("schema").path("const").asInt());
    }

    @Test
    void everyFieldIsDescribed() throws IOException {
        assertDescribed("", new ObjectMapper().readTree(schemaText()));
    }

    private static void assertDescribed(String path, JsonNode schema) {
        schema.path("properties").properties().forEach(field -> {
            String name = path + "/" + field.getKey();
            assertTrue(field.getValue().has("$ref") || !field.getValue().path("description").asText().isBlank(), name);
            assertDescribed(name, field.getValue());
        });
        schema.path("$defs").properties().forEach(field -> assertDescribed("#" + field.getKey(), field.getValue()));
    }

    @Test
    void reportsFollowTheSchema() throws IOException {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schemaText(), InputFormat.JSON);
        String rich = json(SampleReports.rich());
        assertEquals(List.of(), schema.validate(rich, InputFormat.JSON));
        Environment here = new EnvironmentProbe("1.0").end();
        Report real = new Report(1, "model", List.of(), 1, true, here, Metric.P50, List.of(), List.of(), List.of());
        assertEquals(List.of(), schema.validate(json(real), InputFormat.JSON));
        assertFalse(schema.validate(rich.replace("\"p50_ms\" : 0.125", "\"p50_s\" : 0.125"), InputFormat.JSON).isEmpty());
        assertFalse(schema.validate(rich.replace("\"seed\" : -7,", ""), InputFormat.JSON).isEmpty());
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        for (Report report : List.of(SampleReports.rich(), SampleReports.report(Metric.P50))) {
            assertEquals(report, ReportJson.read(file(json(report))));
        }
    }

    @Test
    void noTwoLinesAreOfTheSameSubject() {
        Measurement line = SampleReports.line("model=T0 threads=2", Metric.P50, 1);
        assertEquals(
                "'measurements' has two lines of the same subject: T0 2",
                assertThrows(IllegalArgumentException.class, () -> SampleReports.report(Metric.P50, line, line)).getMessage());
    }

    @Test
    void aLineEndsNoScriptElement() {
        String line = ReportJson.line(SampleReports.rich());
        assertFalse(line.contains("<") || line.contains("\n"), line);
        assertTrue(line.contains("\\u003c/script>"), line);
    }

    /** A change of the rich report's text, and what the refusal says. */
    private record Damage(String from, String to, String reason) {}

    private static final List<Damage> DAMAGES = List.of(
            new Damage("\"schema\" : 1", "\"schema\" : 2", "is not a report of a benchmark with \"schema\": 1"),
            new Damage("\"schema\" : 1,", "", "is not a report of a benchmark with \"schema\": 1"),
            new Damage("\"schema\" : 1", "\"schema\" : \"one\"", "schema: "),
            new Damage("\"schema\" : 1", "\"schema\" : null", "is not a report of a benchmark with \"schema\": 1"),
            new Damage("\"p50_ms\" : 0.125", "\"p50_s\" : 0.125", "values: no metric is called 'p50_s'"),
            new Damage("\"primary\" : \"p50_ms\"", "\"primary\" : \"speed\"", "primary: no metric is called 'speed'"),
            new Damage("\"primary\" : \"p50_ms\"", "\"primary\" : null", "'primary' is missing"),
            new Damage("\"model\" : \"L\"", "\"network\" : \"L\"", "no dimension is called 'network'"),
            new Damage("\"model\" : \"L\"", "\"model\" : null", "'subject' is missing"),
            new Damage("\"model\" : \"L\"", "\"model\" : {}", "subject.model: "),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : null", "'values' is missing"),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : \"NaN\"", "'p50_ms' is NaN"),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : 1e999", "'p50_ms' is Infinity"),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : \"0.125\"", "p50_ms: "),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : [0.125]", "p50_ms: "),
            new Damage("\"p50_ms\" : 0.125", "\"p50_ms\" : 1, \"p50_ms\" : 2", "Duplicate"),
            new Damage("\"rounds\" : [ 0.12, 0.13 ]", "\"rounds\" : null", "'rounds' is missing"),
            new Damage("\"rounds\" : [ 0.12, 0.13 ]", "\"rounds\" : [ null ]", "'rounds' has null in it"),
            new Damage("\"busyMillis\" : [ 0.5, 0.25 ]", "\"busyMillis\" : [ null ]", "'busyMillis' has null in it"),
            new Damage("stages.0.blocks.0 block", "head pointwise", "'steps' has two lines of the same subject"),
            new Damage("\"seed\" : -7", "\"seed\" : 1.5", "seed: "),
            new Damage("\"complete\" : false", "\"complete\" : \"no\"", "complete: "),
            new Damage("\"cpu\" : \"Example CPU 9000\",", "", "environment: 'cpu' is missing"),
            new Damage("\"command\" :", "\"a\\nb\\u001b[31m\" : 1, \"command\" :", "Unrecognized field"),
            new Damage("\"environment\" : {", "\"environment\" : 1, \"x\" : {", "environment: "));

    @TestFactory
    Stream<DynamicTest> damagedReportsAreRefused() throws IOException {
        String whole = json(SampleReports.rich());
        return DAMAGES.stream().map(damage -> DynamicTest.dynamicTest(damage.from + " -> " + damage.to, () -> {
            assertTrue(whole.contains(damage.from), damage.from);
            String reason = refusal(file(whole.replace(damage.from, damage.to)), ReportJson::read);
            assertTrue(reason.contains(damage.reason), reason);
            assertFalse(reason.contains("org.fasternet") || reason.contains("java.") || reason.contains("\u001b"), reason);
        }));
    }

    @Test
    void whatIsNoReportIsRefused() throws IOException {
        assertAbsenceIsNamed(folder, ReportJson::read);
        String whole = json(SampleReports.report(Metric.P50));
        for (int length = 1; length < whole.length() - 1; length += 7) {
            refusal(file(whole.substring(0, length)), ReportJson::read);
        }
        for (String text : List.of("[]", "null", "1", "\"report\"", "{}", "hello", whole + "{}", "[".repeat(100_000))) {
            refusal(file(text), ReportJson::read);
        }
    }

    @Test
    void aHugeFileIsNotRead() throws IOException {
        Path huge = folder.resolve("huge.json");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertEquals("has 1099511627776 bytes, a report has at most 16777216", refusal(huge, ReportJson::read));
    }
}
