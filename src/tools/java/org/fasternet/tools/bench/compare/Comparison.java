package org.fasternet.tools.bench.compare;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Environment;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.fasternet.tools.bench.report.Report;

/**
 * Two reports of one benchmark, line by line.
 *
 * @param lines those that both have with a figure, in the order of the second
 * @param steps where the time of profiled lines went in both; they explain, and nothing passes or fails by them
 * @param onlyBefore names of lines that only the first has
 * @param onlyAfter names of lines that only the second has
 * @param lost sentences on what the first has of a line and the second has no more: a figure to compare, the verdict VALID
 * @param remarks sentences on what else differs, and on figures not to be trusted
 */
public record Comparison(
        List<Line> lines, List<Line> steps, List<String> onlyBefore, List<String> onlyAfter, List<String> lost, List<String> remarks) {
    /** What a kernel keeps of the same memory for itself differs by less. */
    private static final double MEMORY_TOLERANCE = 0.05;
    private static final Map<String, Function<Environment, Object>> HARDWARE = new LinkedHashMap<>();
    private static final Map<String, Function<Environment, Object>> SOFTWARE = new LinkedHashMap<>();

    static {
        HARDWARE.put("cpu", Environment::cpu);
        HARDWARE.put("usableCpus", Environment::usableCpus);
        HARDWARE.put("memoryBytes", Environment::memoryBytes);
        HARDWARE.put("isas", Environment::isas);
        HARDWARE.put("cacheBytes", Environment::cacheBytes);
        HARDWARE.put("quota", Environment::quota);
        SOFTWARE.put("fasternet", Environment::fasternet);
        SOFTWARE.put("onednn", Environment::onednn);
        SOFTWARE.put("gpus", Environment::gpus);
        SOFTWARE.put("jvm", Environment::jvm);
        SOFTWARE.put("kernel", Environment::kernel);
        SOFTWARE.put("binding", Environment::binding);
        SOFTWARE.put("pinning", Environment::pinning);
        SOFTWARE.put("governor", Environment::governor);
    }

    /** What became of a line. */
    public enum Change {
        /** Worse by more than is allowed, beyond doubt. */
        REGRESSION,
        WORSE,
        /** The interval has 1 in it. */
        SAME,
        /** Either report has too few rounds to tell. */
        TOO_FEW_ROUNDS,
        BETTER
    }

    /**
     * @param subject what was measured
     * @param metric what is compared
     * @param before median of the first report's rounds, in the metric's unit
     * @param after median of the second's
     * @param change of the metric, which may get better upwards or downwards
     */
    public record Line(
            Map<Dimension, String> subject, Metric metric, double before, double after, RatioOfMedians ratio, Change change) {
        public String name() {
            return String.join(" ", subject.values());
        }
    }

    /**
     * Compares each line by its metric, which is the reports' primary one unless the line has its own.
     *
     * @param allowed by what share a line may be worse
     * @param anyHardware whether to compare reports of different machines
     * @param seed of the intervals
     * @throws UnsupportedException if the reports cannot be compared, or have no line in common
     */
    public static Comparison of(Report before, Report after, double allowed, boolean anyHardware, long seed) {
        require(kind(before).equals(kind(after)),
                "the reports are of different benchmarks: " + kind(before) + ", " + kind(after));
        List<String> hardware = differences(HARDWARE, before.environment(), after.environment());
        require(hardware.isEmpty() || anyHardware, "the reports are of different hardware, and --any-hardware is not given: "
                + String.join("; ", hardware));
        Set<Map<Dimension, String>> anyIsa = anyHardware ? ofOneIsa(before.measurements(), after.measurements()) : Set.of();
        Map<Map<Dimension, String>, Measurement> old = bySubject(before.measurements(), anyIsa);
        Map<Map<Dimension, String>, Measurement> now = bySubject(after.measurements(), anyIsa);
        Set<Map<Dimension, String>> both = new LinkedHashSet<>(now.keySet());
        both.retainAll(old.keySet());
        require(!both.isEmpty(), "the reports have no line in common: " + example(before) + " and " + example(after));
        List<Line> lines = new ArrayList<>();
        List<String> lost = new ArrayList<>();
        List<String> remarks = new ArrayList<>(hardware);
        for (Map<Dimension, String> subject : both) {
            Pair pair = new Pair(old.get(subject), now.get(subject), before.primary());
            pair.lostVerdict().ifPresent(lost::add);
            if (pair.reason().isEmpty()) {
                lines.add(pair.line(allowed, seed));
            } else {
                (pair.hadFigure() ? lost : remarks).add(pair.reason().get());
            }
        }
        remarks.addAll(differences(SOFTWARE, before.environment(), after.environment()));
        remarks.addAll(doubts("before", before));
        remarks.addAll(doubts("after", after));
        return new Comparison(lines, steps(before, after, allowed, anyHardware, seed), others(old, both), others(now, both), lost,
                remarks);
    }

    private static List<Line> steps(Report before, Report after, double allowed, boolean anyHardware, long seed) {
        Set<Map<Dimension, String>> anyIsa = anyHardware ? ofOneIsa(before.steps(), after.steps()) : Set.of();
        Map<Map<Dimension, String>, Measurement> old = bySubject(before.steps(), anyIsa);
        List<Line> steps = new ArrayList<>();
        bySubject(after.steps(), anyIsa).forEach((subject, now) -> {
            if (old.containsKey(subject)) {
                Pair pair = new Pair(old.get(subject), now, before.primary());
                if (pair.reason().isEmpty()) {
                    steps.add(pair.line(allowed, seed));
                }
            }
        });
        return steps;
    }

    /** Whether all that the first report has is in the second, and none of it has regressed. */
    public boolean passed() {
        return regressions().isEmpty() && onlyBefore.isEmpty() && lost.isEmpty();
    }

    /** What makes all of a report's figures less trustworthy, and for how many lines there is more in the report itself. */
    private static List<String> doubts(String which, Report report) {
        List<String> doubts = new ArrayList<>();
        if (!report.complete()) {
            doubts.add(which + ": warning: stopped before all was measured");
        }
        report.environment().warnings().forEach(warning -> doubts.add(which + ": warning: " + warning));
        long lines = report.measurements().stream().filter(line -> !line.warnings().isEmpty()).count();
        if (lines > 0) {
            doubts.add(which + ": warning: " + lines + " of " + report.measurements().size() + " lines have their own warnings");
        }
        return doubts;
    }

    public List<Line> regressions() {
        return lines.stream().filter(line -> line.change == Change.REGRESSION).toList();
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new UnsupportedException(message);
        }
    }

    private static String kind(Report report) {
        return report.benchmark() + " by " + report.primary().id();
    }

    private static List<String> differences(Map<String, Function<Environment, Object>> fields, Environment a, Environment b) {
        return fields.entrySet().stream()
                .filter(field -> !alike(field.getValue().apply(a), field.getValue().apply(b)))
                .map(field -> field.getKey() + " was " + field.getValue().apply(a) + ", is " + field.getValue().apply(b))
                .toList();
    }

    /** Of all fields only memory is a {@code long}. */
    private static boolean alike(Object a, Object b) {
        return a instanceof Long x && b instanceof Long y
                ? Math.abs(x - y) <= MEMORY_TOLERANCE * Math.max(x, y)
                : Objects.equals(a, b);
    }

    private static String example(Report report) {
        List<Measurement> lines = report.measurements();
        return lines.isEmpty() ? "none" : "'" + lines.get(0).name() + "'";
    }

    /** Lines by what they are matched by. */
    private static Map<Map<Dimension, String>, Measurement> bySubject(List<Measurement> lines, Set<Map<Dimension, String>> anyIsa) {
        Map<Map<Dimension, String>, Measurement> found = new LinkedHashMap<>();
        for (Measurement line : lines) {
            Map<Dimension, String> rest = withoutIsa(line.subject());
            found.put(anyIsa.contains(rest) ? rest : line.subject(), line);
        }
        return found;
    }

    /** Subjects, without their ISA, of which neither list has several: machines differ in it, so these are matched whatever it is. */
    private static Set<Map<Dimension, String>> ofOneIsa(List<Measurement> before, List<Measurement> after) {
        Set<Map<Dimension, String>> once = new HashSet<>();
        Set<Map<Dimension, String>> several = new HashSet<>();
        for (List<Measurement> lines : List.of(before, after)) {
            Set<Map<Dimension, String>> seen = new HashSet<>();
            lines.forEach(line -> (seen.add(withoutIsa(line.subject())) ? once : several).add(withoutIsa(line.subject())));
        }
        once.removeAll(several);
        return once;
    }

    private static Map<Dimension, String> withoutIsa(Map<Dimension, String> subject) {
        Map<Dimension, String> rest = new LinkedHashMap<>(subject);
        rest.remove(Dimension.ISA);
        return rest;
    }

    private static List<String> others(Map<Map<Dimension, String>, Measurement> lines, Set<Map<Dimension, String>> both) {
        return lines.entrySet().stream().filter(line -> !both.contains(line.getKey())).map(line -> line.getValue().name()).toList();
    }
}
