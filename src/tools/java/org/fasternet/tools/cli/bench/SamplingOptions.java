package org.fasternet.tools.cli.bench;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fasternet.tools.bench.timing.SamplingPlan;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** How long each thing is measured. */
final class SamplingOptions {
    private static final Duration LONGEST = Duration.ofSeconds(5);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--quick",
            description = "Half a minute for all, for a first look; --duration, --runs and --rounds overrule it.")
    private boolean quick;

    @Option(names = "--duration", paramLabel = "TIME", converter = Time.class,
            description = "Measure each for this long: 500ms, 5s, 1m (default: 5s).")
    private Duration duration;

    @Option(names = "--runs", paramLabel = "N", description = "Measure each for this many runs instead.")
    private Integer runs;

    @Option(names = "--rounds", paramLabel = "N", description = "Divide that into rounds (default: 10; quick: 5).")
    private Integer rounds;

    @Option(names = "--warm-up", paramLabel = "TIME", converter = Time.class,
            description = "Warm up until the median of a run has settled within 2 %%, at most for this long (default: 2s).")
    private Duration warmUp;

    /** @param things how many there are to be measured, which share the time of a quick look */
    SamplingPlan plan(int things) {
        if (duration != null && runs != null) {
            throw new ParameterException(command.commandLine(), "--duration and --runs exclude each other");
        }
        // More than half is left for making weights, compiling and the peaks.
        Duration share = Duration.ofMillis(13_000 / Math.max(1, things));
        Duration otherwise = quick ? shorter(share.multipliedBy(2).dividedBy(3), LONGEST) : LONGEST;
        int count = rounds != null ? rounds : quick ? 5 : 10;
        if (count < 1 || runs != null && runs < count) {
            throw new ParameterException(command.commandLine(), runs == null
                    ? "--rounds " + count + ": at least 1 is needed"
                    : "--runs " + runs + " in " + count + " rounds: each round needs a run");
        }
        return new SamplingPlan(
                warmUp != null ? warmUp : quick ? share.dividedBy(3) : Duration.ofSeconds(2),
                count,
                duration != null ? duration : otherwise,
                runs == null ? OptionalInt.empty() : OptionalInt.of(runs));
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** {@code 500ms}, {@code 5s}, {@code 1.5s}, {@code 1m}; a bare number is seconds. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            Matcher matcher =
                    Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)(ms|s|m|)").matcher(text);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + text + "' is not a time like 500ms, 5s or 1m");
            }
            double unit = switch (matcher.group(2)) {
                case "ms" -> 1;
                case "m" -> 60_000;
                default -> 1000;
            };
            return Duration.ofMillis(Math.round(Double.parseDouble(matcher.group(1)) * unit));
        }
    }
}
