package org.fasternet.tools.bench.compare;

import java.util.List;
import java.util.Optional;
import org.fasternet.tools.bench.compare.Comparison.Change;
import org.fasternet.tools.bench.compare.Comparison.Line;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/**
 * Two lines of the same subject.
 *
 * @param primary the reports' metric
 */
record Pair(Measurement before, Measurement after, Metric primary) {
    /** The interval of fewer ends at the least and the greatest ratio too often to have anything to do with 95 %. */
    private static final int LEAST_ROUNDS = 5;
    private static final String VALID = "VALID";

    /** Why the lines cannot be compared; empty if they can. */
    Optional<String> reason() {
        if (metric(before) != metric(after)) {
            return Optional.of(String.format(
                    "%s: was measured by %s, is by %s", after.name(), metric(before).id(), metric(after).id()));
        }
        if (!hasFigure(before)) {
            return Optional.of(none(" had no "));
        }
        return hasFigure(after) ? Optional.empty() : Optional.of(none(" no longer has a "));
    }

    private String none(String verb) {
        return after.name() + ":" + verb + metric(after).id() + " above 0";
    }

    /** Whether the first line could be compared, had the second a figure. */
    boolean hadFigure() {
        return hasFigure(before);
    }

    /** The second line's verdict, if that of the first was better. */
    Optional<String> lostVerdict() {
        return VALID.equals(before.verdict()) && !VALID.equals(after.verdict())
                ? Optional.of(after.name() + ": was VALID, is " + after.verdict())
                : Optional.empty();
    }

    /** Only if there is no {@link #reason} against it. */
    Line line(double allowed, long seed) {
        List<Double> old = rounds(before);
        List<Double> now = rounds(after);
        RatioOfMedians ratio = RatioOfMedians.of(old, now, seed);
        Change change = Math.min(old.size(), now.size()) < LEAST_ROUNDS
                ? Change.TOO_FEW_ROUNDS
                : change(ratio, metric(after).better() == Metric.Better.HIGHER, allowed);
        return new Line(
                after.subject(), metric(after), RatioOfMedians.median(old), RatioOfMedians.median(now), ratio, change);
    }

    private Metric metric(Measurement line) {
        return line.metric() == null ? primary : line.metric();
    }

    /** A ratio needs rounds above 0. */
    private boolean hasFigure(Measurement line) {
        return line.values().containsKey(metric(line)) && rounds(line).stream().allMatch(value -> value > 0);
    }

    private List<Double> rounds(Measurement line) {
        return line.rounds().isEmpty() ? List.of(line.values().get(metric(line))) : line.rounds();
    }

    private static Change change(RatioOfMedians ratio, boolean higherIsBetter, double allowed) {
        boolean rises = ratio.low() > 1;
        boolean falls = ratio.high() < 1;
        if (!rises && !falls) {
            return Change.SAME;
        }
        if (rises == higherIsBetter) {
            return Change.BETTER;
        }
        return Math.abs(ratio.ratio() - 1) > allowed ? Change.REGRESSION : Change.WORSE;
    }
}
