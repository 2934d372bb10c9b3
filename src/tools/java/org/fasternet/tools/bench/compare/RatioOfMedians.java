package org.fasternet.tools.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * By what factor the median of one sample differs from that of another, with a 95 % confidence interval: the percentile
 * bootstrap of B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. Both samples are drawn again
 * from themselves, with replacement and independently, 10,000 times; the interval ends at the 250th smallest and largest of the
 * ratios of their medians. A single value has no spread to draw from: the interval of two such samples is their ratio.
 *
 * @param ratio median after / median before
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
public record RatioOfMedians(double ratio, double low, double high) {
    private static final int RESAMPLES = 10_000;
    private static final double ALPHA = 0.05;

    /**
     * @param before values above 0, at least one
     * @param after likewise
     * @param seed the same one gives the same interval
     */
    public static RatioOfMedians of(List<Double> before, List<Double> after, long seed) {
        double[] old = values(before);
        double[] now = values(after);
        SplittableRandom random = new SplittableRandom(seed);
        double[] ratios = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            ratios[i] = median(resample(now, random)) / median(resample(old, random));
        }
        Arrays.sort(ratios);
        int tail = (int) Math.round(ALPHA / 2 * RESAMPLES);
        return new RatioOfMedians(median(now) / median(old), ratios[tail - 1], ratios[RESAMPLES - tail]);
    }

    /**
     * The median of the rounds' ratios, where both were measured in turn: what the machine does to one round, it does to both.
     *
     * @param rounds of what is compared
     * @param reference of what it is compared with
     */
    public static double ofRounds(List<Double> rounds, List<Double> reference) {
        return median(IntStream.range(0, Math.min(rounds.size(), reference.size()))
                .mapToObj(round -> rounds.get(round) / reference.get(round))
                .toList());
    }

    /** The middle value, or the mean of the two in the middle. */
    public static double median(List<Double> sample) {
        return median(values(sample));
    }

    private static double[] values(List<Double> sample) {
        double[] values = sample.stream().mapToDouble(Double::doubleValue).toArray();
        if (values.length == 0 || Arrays.stream(values).anyMatch(value -> !(value > 0))) {
            throw new IllegalArgumentException("values above 0 are needed, not " + sample);
        }
        return values;
    }

    private static double[] resample(double[] values, SplittableRandom random) {
        double[] drawn = new double[values.length];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = values[random.nextInt(values.length)];
        }
        return drawn;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
