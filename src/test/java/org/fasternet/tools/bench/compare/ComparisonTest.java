package org.fasternet.tools.bench.compare;

import static org.fasternet.tools.bench.report.SampleReports.line;
import static org.fasternet.tools.bench.report.SampleReports.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tools.bench.compare.Comparison.Change;
import org.fasternet.tools.bench.report.Environment;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;
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
    void aLineCanBeComparedByAMetricOfItsOwn() {
        Report before = report(Metric.FLOP_RATE, bandwidth(100));
        Comparison comparison = compare(before, report(Metric.FLOP_RATE, bandwidth(80)));
        assertEquals(Metric.BANDWIDTH, comparison.regressions().get(0).metric());
    }

    private static Measurement bandwidth(double value) {
        Measurement line = line("kind=read", Metric.BANDWIDTH, value);
        return new Measurement(line.subject(), line.values(), Metric.BANDWIDTH, line.rounds(), null, List.of(), List.of());
    }

    private static Measurement rounds(Double... rounds) {
        return new Measurement(
                line("model=T0", Metric.P50, 1).subject(), Map.of(Metric.P50, 1.0), List.of(rounds), null, List.of(), List.of());
    }

    /** The rounds of two such samples never overlap, yet four of them prove nothing. */
    @Test
    void fewRoundsTellNothing() {
        Report many = report(Metric.P50, rounds(1.0, 1.0, 1.0, 1.0, 1.0));
        Report few = report(Metric.P50, rounds(2.0, 2.0, 2.0, 2.0));
        for (Comparison comparison : List.of(compare(many, few), compare(few, many))) {
            assertEquals(Change.TOO_FEW_ROUNDS, comparison.lines().get(0).change());
            assertTrue(comparison.passed());
        }
        assertFalse(compare(many, report(Metric.P50, rounds(2.0, 2.0, 2.0, 2.0, 2.0))).passed());
    }

    @Test
    void aLineThatIsMissingIsNoPass() {
        Measurement stays = line("model=T0", Metric.P50, 1);
        Measurement other = line("model=S", Metric.P50, 1);
        assertFalse(compare(report(Metric.P50, stays, other), report(Metric.P50, stays)).passed());
        assertTrue(compare(report(Metric.P50, stays), report(Metric.P50, stays, other)).passed());
        assertEquals("the reports have no line in common: 'T0' and 'S'",
                refusal(report(Metric.P50, stays), report(Metric.P50, other)));
        assertEquals("the reports have no line in common: 'T0' and none", refusal(report(Metric.P50, stays), report(Metric.P50)));
    }

    /** Beside another line, which is still compared. */
    private static Comparison beside(Measurement before, Measurement after) {
        Measurement other = line("model=S", Metric.P50, 1);
        Comparison comparison = compare(report(Metric.P50, before, other), report(Metric.P50, after, other));
        assertEquals("S", comparison.lines().get(comparison.lines().size() - 1).name());
        return comparison;
    }

    @Test
    void aLineWithoutAFigureDoesNotHinderTheOthers() {
        Measurement line = line("model=T0", Metric.P50, 1);
        for (Measurement bad : List.of(
                line("model=T0", Metric.P50, 0), line("model=T0", Metric.P90, 1), rounds(1.0, 1.0, 0.0, 1.0, 1.0))) {
            Comparison lost = beside(line, bad);
            assertEquals(List.of("T0: no longer has a p50_ms above 0"), lost.lost());
            assertEquals(1, lost.lines().size());
            assertFalse(lost.passed());
            Comparison won = beside(bad, line);
            assertEquals(List.of("T0: had no p50_ms above 0"), won.remarks());
            assertEquals(1, won.lines().size());
            assertTrue(won.passed());
        }
        Measurement tail = new Measurement(
                line.subject(), Map.of(Metric.P99, 1.0), Metric.P99, List.of(), null, List.of(), List.of());
        assertEquals(List.of("T0: was measured by p50_ms, is by p99_ms"), beside(line, tail).lost());
    }

    private static Measurement judged(String verdict) {
        Measurement line = line("model=T0", Metric.P50, 1);
        return new Measurement(line.subject(), line.values(), line.rounds(), verdict, List.of(), List.of());
    }

    @Test
    void aVerdictCanBeLost() {
        Comparison lost = beside(judged("VALID"), judged("INVALID: too short"));
        assertEquals(List.of("T0: was VALID, is INVALID: too short"), lost.lost());
        assertEquals(2, lost.lines().size());
        assertFalse(lost.passed());
        assertTrue(beside(judged("INVALID: too short"), judged("VALID")).passed());
        assertTrue(beside(judged("INVALID: too short"), judged("INVALID: late")).passed());
        assertTrue(beside(judged("VALID"), judged("VALID")).passed());
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        Measurement line = line("model=T0", Metric.P50, 1);
        assertEquals("the reports are of different benchmarks: model by p50_ms, model by gflop_per_s",
                refusal(report(Metric.P50, line), report(Metric.FLOP_RATE, line)));
    }

    private static String refusal(Report before, Report after) {
        return assertThrows(UnsupportedException.class, () -> compare(before, after)).getMessage();
    }

    @Test
    void anotherMachineIsRefusedUnlessWantedAndAnotherVersionIsMentioned() {
        Report here = report(Metric.P50, line("model=T0", Metric.P50, 1));
        Environment e = here.environment();
        Report there = on(new Environment(
                e.time(), "Other CPU", e.isas(), e.features(), e.cpus(), 4, e.quota(), e.frequencyMhz(), e.governor(),
                e.cacheBytes(), e.memoryBytes(), e.kernel(), e.jvm(), "2.0", e.onednn(), e.gpus(), e.gpuStates(), e.binding(), e.pinning(), e.loadStart(),
                e.loadEnd(), List.of("the machine was busy")));
        assertEquals(
                "the reports are of different hardware, and --any-hardware is not given: "
                        + "cpu was Example CPU 9000, is Other CPU; usableCpus was 2, is 4",
                refusal(here, there));
        List<String> remarks = Comparison.of(here, there, 0.05, true, 1).remarks();
        assertEquals(List.of(
                "cpu was Example CPU 9000, is Other CPU", "usableCpus was 2, is 4", "fasternet was 1.0, is 2.0",
                "after: warning: the machine was busy"), remarks);
    }

    /** Machines differ in their instruction sets; a report with several of them says which is meant. */
    @Test
    void linesOfAnotherMachineAreMatchedWhateverTheirIsa() {
        Report here = report(Metric.P50, line("model=T0 isa=avx2", Metric.P50, 2));
        Report there = report(Metric.P50, line("model=T0 isa=avx512", Metric.P50, 1));
        assertEquals("the reports have no line in common: 'T0 avx2' and 'T0 avx512'", refusal(here, there));
        Comparison.Line only = Comparison.of(here, there, 0.05, true, 1).lines().get(0);
        assertEquals("T0 avx512", only.name());
        assertEquals(Change.BETTER, only.change());
        Report both = report(Metric.P50, line("model=T0 isa=avx2", Metric.P50, 3), line("model=T0 isa=avx512", Metric.P50, 1));
        Comparison several = Comparison.of(here, both, 0.05, true, 1);
        assertEquals(List.of("T0 avx2"), several.lines().stream().map(Comparison.Line::name).toList());
        assertEquals(List.of("T0 avx512"), several.onlyAfter());
    }

    private static Report profiled(String isa, double head) {
        Report plain = report(Metric.P50, line("model=T0 isa=" + isa, Metric.P50, 2));
        return new Report(
                plain.schema(), plain.benchmark(), plain.command(), 1, true, plain.environment(), Metric.P50, plain.measurements(),
                List.of(), List.of(),
                List.of(line("model=T0 isa=" + isa + " step=pool", Metric.P50, 1),
                        line("model=T0 isa=" + isa + " step=head", Metric.P50, head)));
    }

    @Test
    void stepsExplainAndDecideNothing() {
        Comparison comparison = compare(profiled("avx2", 1), profiled("avx2", 3));
        assertEquals(List.of("T0 avx2 pool", "T0 avx2 head"), comparison.steps().stream().map(Comparison.Line::name).toList());
        assertEquals(Change.REGRESSION, comparison.steps().get(1).change());
        assertTrue(comparison.passed());
        assertEquals(List.of(), compare(profiled("avx2", 1), report(Metric.P50, line("model=T0 isa=avx2", Metric.P50, 2))).steps());
        assertEquals(3, Comparison.of(profiled("avx2", 1), profiled("avx512", 3), 0.05, true, 1).steps().get(1).ratio().ratio(), 1e-9);
    }

    private static Report on(Environment environment) {
        Report here = report(Metric.P50, line("model=T0", Metric.P50, 1));
        return new Report(
                here.schema(), here.benchmark(), here.command(), 1, true, environment, here.primary(), here.measurements(),
                List.of(), List.of());
    }

    private static Report on(double quota, List<Long> cacheBytes, long memoryBytes) {
        Environment e = report(Metric.P50).environment();
        return on(new Environment(
                e.time(), e.cpu(), e.isas(), e.features(), e.cpus(), e.usableCpus(), quota, e.frequencyMhz(), e.governor(),
                cacheBytes, memoryBytes, e.kernel(), e.jvm(), e.fasternet(), e.onednn(), e.gpus(), e.gpuStates(), e.binding(), e.pinning(), e.loadStart(),
                e.loadEnd(), List.of()));
    }

    @Test
    void cachesQuotaAndMemoryAreTheMachinesToo() {
        Report here = on(2, List.of(32_768L), 1000 << 20);
        String start = "the reports are of different hardware, and --any-hardware is not given: ";
        assertEquals(start + "cacheBytes was [32768], is [49152]", refusal(here, on(2, List.of(49_152L), 1000 << 20)));
        assertEquals(start + "quota was 2.0, is 1.5", refusal(here, on(1.5, List.of(32_768L), 1000 << 20)));
        assertEquals(start + "memoryBytes was 1048576000, is 986710016", refusal(here, on(2, List.of(32_768L), 941 << 20)));
        assertEquals(List.of(), compare(here, on(2, List.of(32_768L), 960 << 20)).remarks());
    }
}
