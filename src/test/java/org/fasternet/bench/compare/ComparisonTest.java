package org.fasternet.bench.compare;

import static org.fasternet.bench.report.SampleReports.line;
import static org.fasternet.bench.report.SampleReports.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.fasternet.UnsupportedException;
import org.fasternet.bench.compare.Comparison.Change;
import org.fasternet.bench.report.Environment;
import org.fasternet.bench.report.Measurement;
import org.fasternet.bench.report.Metric;
import org.fasternet.bench.report.Report;
import org.junit.jupiter.api.Test;

/** The rounds of these lines lie within 1 % of their value. */
class ComparisonTest {
    private static Comparison compare(Report before, Report after) {
        return Comparison.of(before, after, 0.05, false, 1);
    }

    private static Change change(Metric metric, double before, double after) {
        Comparison comparison =
                compare(report(metric, line("model=T0", metric, before)), report(metric, line("model=T0", metric, after)));
        assertEquals(after / before, comparison.lines().get(0).ratio().ratio(), 1e-9);
        return comparison.lines().get(0).change();
    }

    @Test
    void latencyIsBetterLower() {
        assertEquals(Change.SAME, change(Metric.P50, 2, 2.001));
        assertEquals(Change.WORSE, change(Metric.P50, 2, 2.08));
        assertEquals(Change.REGRESSION, change(Metric.P50, 2, 2.12));
        assertEquals(Change.BETTER, change(Metric.P50, 2, 1.8));
    }

    @Test
    void aRateIsBetterHigher() {
        assertEquals(Change.SAME, change(Metric.FLOP_RATE, 200, 200.1));
        assertEquals(Change.WORSE, change(Metric.FLOP_RATE, 200, 192));
        assertEquals(Change.REGRESSION, change(Metric.FLOP_RATE, 200, 188));
        assertEquals(Change.BETTER, change(Metric.FLOP_RATE, 200, 220));
    }

    /** Its median is 20 % worse, and its rounds are anywhere between half and twice that of before. */
    @Test
    void whatIsInDoubtIsNoRegression() {
        Measurement before = line("model=T0", Metric.P50, 1);
        Measurement after = new Measurement(
                before.subject(), Map.of(Metric.P50, 1.2), List.of(0.5, 0.6, 1.2, 1.9, 2.0), null, List.of(), List.of());
        assertEquals(Change.SAME, compare(report(Metric.P50, before), report(Metric.P50, after)).lines().get(0).change());
    }

    @Test
    void linesAreMatchedByTheirSubject() {
        Measurement both = line("model=T0 threads=1", Metric.P50, 1);
        Comparison comparison = compare(
                report(Metric.P50, line("model=T0 threads=2", Metric.P50, 1), both),
                report(Metric.P50, both, line("model=S threads=1", Metric.P50, 1)));
        assertEquals(List.of("T0 1"), comparison.lines().stream().map(Comparison.Line::name).toList());
        assertEquals(List.of("T0 2"), comparison.onlyBefore());
        assertEquals(List.of("S 1"), comparison.onlyAfter());
    }

    /** A report of rates also has bandwidths. */
    @Test
    void aLineWithoutThePrimaryMetricIsComparedByItsOwn() {
        Comparison comparison = compare(
                report(Metric.FLOP_RATE, line("kind=read", Metric.BANDWIDTH, 100)),
                report(Metric.FLOP_RATE, line("kind=read", Metric.BANDWIDTH, 80)));
        assertEquals(Metric.BANDWIDTH, comparison.regressions().get(0).metric());
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        Measurement line = line("model=T0", Metric.P50, 1);
        assertEquals("the reports are of different benchmarks: model by p50_ms, model by gflop_per_s",
                refusal(report(Metric.P50, line), report(Metric.FLOP_RATE, line)));
        assertEquals("the line T0 has no p50_ms in one report",
                refusal(report(Metric.P50, line), report(Metric.P50, line("model=T0", Metric.P90, 1))));
        assertEquals("the line T0 has a p50_ms of 0 or less, which has no ratio",
                refusal(report(Metric.P50, line), report(Metric.P50, line("model=T0", Metric.P50, 0))));
    }

    private static String refusal(Report before, Report after) {
        return assertThrows(UnsupportedException.class, () -> compare(before, after)).getMessage();
    }

    @Test
    void anotherMachineIsRefusedUnlessWantedAndAnotherVersionIsMentioned() {
        Report here = report(Metric.P50, line("model=T0", Metric.P50, 1));
        Environment e = here.environment();
        Environment other = new Environment(
                e.time(), "Other CPU", e.isas(), e.features(), e.cpus(), 4, e.quota(), e.frequencyMhz(), e.governor(),
                e.cacheBytes(), e.memoryBytes(), e.kernel(), e.jvm(), "2.0", e.onednn(), e.binding(), e.pinning(), e.loadStart(),
                e.loadEnd(), List.of("the machine was busy"));
        Report there = new Report(
                here.schema(), here.benchmark(), here.command(), 1, true, other, here.primary(), here.measurements(), List.of(),
                List.of());
        assertEquals(
                "the reports are of different hardware, and --any-hardware is not given: "
                        + "cpu was Example CPU 9000, is Other CPU; usableCpus was 2, is 4",
                refusal(here, there));
        List<String> remarks = Comparison.of(here, there, 0.05, true, 1).remarks();
        assertEquals(List.of(
                "cpu was Example CPU 9000, is Other CPU", "usableCpus was 2, is 4", "fasternet was 1.0, is 2.0",
                "after: warning: the machine was busy"), remarks);
    }
}
