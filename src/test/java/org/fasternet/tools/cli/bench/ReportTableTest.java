package org.fasternet.tools.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.fasternet.tools.bench.report.Columns;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
import org.fasternet.tools.bench.report.SampleReports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTableTest {
    private static String table(Report report) {
        StringWriter out = new StringWriter();
        ReportTable.print(report, List.of(Metric.values()), new PrintWriter(out, true));
        return out.toString().replace(System.lineSeparator(), "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0", "7, 7", "1234567, 1234567", "-3, -3", "1.5, 1.500", "12.345, 12.35", "999.96, 1000.0", "1234.5, 1235",
        "0.012345, 0.01235", "0.00001234, 0.000012", "-0.5, -0.5000"
    })
    void numbersHaveFourSignificantDigits(double value, String text) {
        assertEquals(text, Columns.number(value));
    }

    @Test
    void textsAreOnTheLeftAndFiguresOnTheRight() {
        Measurement one = new Measurement(
                SampleReports.subject("model=T0 threads=1"), Map.of(Metric.RUNS, 7.0, Metric.P50, 12.25), List.of(), null,
                List.of(), List.of());
        Measurement other = new Measurement(
                SampleReports.subject("model=long-name"), Map.of(Metric.P50, 0.5), List.of(), "INVALID: late", List.of(),
                List.of("it varies"));
        assertEquals(
                """
                model      threads  runs  p50 ms  verdict
                T0         1           7   12.25
                long-name                 0.5000  INVALID: late
                warning: long-name: it varies
                """,
                table(SampleReports.report(Metric.P50, one, other)));
    }

    @Test
    void stepsHaveATableForEachNetwork() {
        Measurement network = new Measurement(
                SampleReports.subject("model=T0 threads=2"), Map.of(Metric.P50, 1.0), null, List.of(), null, List.of(), List.of(),
                List.of(0.75, 0.5));
        Report plain = SampleReports.report(Metric.P50, network);
        Report profiled = new Report(
                plain.schema(), plain.benchmark(), plain.command(), 1, true, plain.environment(), Metric.P50, List.of(network),
                List.of(), List.of(),
                List.of(SampleReports.step("fused", "pool", 0.75, 100), SampleReports.step("onednn", "pool", 1.5, 50),
                        SampleReports.step("fused", "head", 0.25, 50)));
        assertEquals(
                """
                model  threads  p50 ms
                T0     2             1

                steps of T0 fused avx2 2:
                step  p50 ms  % time  % busy
                pool  0.7500      30     100
                head  0.2500      10      50

                steps of T0 onednn avx2 2:
                step  p50 ms  % time  % busy
                pool   1.500      60      50

                threads of T0 2 computed for 0.7500, 0.5000 ms
                """,
                table(profiled));
    }

    @Test
    void whatIsMissingIsSaid() {
        Report rich = SampleReports.rich();
        Report empty = new Report(
                rich.schema(), rich.benchmark(), rich.command(), 1, false, rich.environment(), Metric.P50, List.of(), List.of(),
                rich.skipped());
        assertEquals(
                """
                warning: stopped before all was measured
                warning: other processes had the CPUs for 31 % of the time
                not measured: T0 onednn bf16: the CPU has no bf16
                """,
                table(empty));
        assertEquals("", table(SampleReports.report(Metric.P50)));
    }
}
