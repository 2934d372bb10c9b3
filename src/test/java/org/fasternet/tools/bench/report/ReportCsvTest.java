package org.fasternet.tools.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportCsvTest {
    private static String csv(Measurement... lines) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ReportCsv.write(SampleReports.report(Metric.P50, lines), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void columnsAreWhatOccurs() throws IOException {
        Measurement one = new Measurement(
                SampleReports.subject("model=T0 threads=1"), Map.of(Metric.P50, 2.5, Metric.RUNS, 7.0), List.of(), null,
                List.of("fused:avx2", "jit"), List.of());
        Measurement other = new Measurement(
                SampleReports.subject("model=S"), Map.of(Metric.MAX, 1e-7), List.of(), "VALID", List.of(), List.of("a", "b"));
        assertEquals(
                "model,threads,runs,p50_ms,max_ms,verdict,implementations,warnings\r\n"
                        + "T0,1,7.0,2.5,,,fused:avx2 jit,\r\n"
                        + "S,,,,1.0E-7,VALID,,a; b\r\n",
                csv(one, other));
    }

    @Test
    void stepsFollowTheirNetworks() throws IOException {
        Report plain = SampleReports.report(Metric.P50, SampleReports.line("model=T0 threads=2", Metric.P50, 2));
        Report profiled = new Report(
                plain.schema(), plain.benchmark(), plain.command(), 1, true, plain.environment(), Metric.P50, plain.measurements(),
                List.of(), List.of(), List.of(SampleReports.step("fused", "head", 0.5, 75)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ReportCsv.write(profiled, out);
        assertEquals(
                "model,backend,isa,threads,step,p50_ms,share_percent,busy_percent,verdict,implementations,warnings,busy_ms\r\n"
                        + "T0,,,2,,2.0,,,,,,\r\n"
                        + "T0,fused,avx2,2,head,0.5,20.0,75.0,,fused:avx2,,0.5 0.25\r\n",
                out.toString(StandardCharsets.UTF_8));
    }

    /** RFC 4180: what has a comma, a quote or a line break stands in quotes, and a quote in it is doubled. */
    @Test
    void separatorsAreQuoted() throws IOException {
        Measurement line = new Measurement(
                SampleReports.subject("model=a,\"b\"\nc"), Map.of(), List.of(), "INVALID: 1, 2", List.of(), List.of("\u00e9"));
        assertEquals(
                "model,verdict,implementations,warnings\r\n\"a,\"\"b\"\"\nc\",\"INVALID: 1, 2\",,\u00e9\r\n", csv(line));
    }

    @Test
    void anEmptyReportHasTheNamesAlone() throws IOException {
        assertEquals("verdict,implementations,warnings\r\n", csv());
    }
}
