package org.fasternet.tools.cli.bench;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.fasternet.Library;
import org.fasternet.SessionOptions;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Processor;
import org.fasternet.compute.Precision;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.UnsupportedException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * A list option: {@code all}, or values with commas between them. What {@code all} brings in and cannot be measured is skipped
 * with the reason; what was named is measured or refused.
 *
 * @param values without repetition
 * @param all whether they were not named
 */
record Choice<T>(List<T> values, boolean all) {
    private static final String ALL = "all";

    /**
     * @param given the option's parts
     * @param everything what {@code all} means
     */
    static <T> Choice<T> of(
            CommandSpec command, String option, List<String> given, List<T> everything, Function<String, T> parse) {
        LinkedHashSet<T> values = new LinkedHashSet<>();
        boolean all = false;
        for (String text : given) {
            if (text.equalsIgnoreCase(ALL)) {
                all = true;
                values.addAll(everything);
                continue;
            }
            try {
                values.add(parse.apply(text));
            } catch (FasterNetException | TypeConversionException e) {
                throw invalid(command, option, text, e.getMessage());
            } catch (IllegalArgumentException e) {
                throw invalid(command, option, text, "such as " + everything.get(0) + " is expected");
            }
        }
        return new Choice<>(List.copyOf(values), all);
    }

    private static ParameterException invalid(CommandSpec command, String option, String text, String reason) {
        return new ParameterException(command.commandLine(), "Invalid value '" + text + "' for " + option + ": " + reason);
    }

    /** As {@link #of}, of constants by their names in any case. */
    static <E extends Enum<E>> Choice<E> of(CommandSpec command, String option, List<String> given, Class<E> type) {
        return of(command, option, given, List.of(type.getEnumConstants()),
                text -> Enum.valueOf(type, text.toUpperCase(Locale.ROOT)));
    }

    /** As {@link #of}, of names, of which some are no part of {@code all}. */
    static Choice<String> names(
            CommandSpec command, String option, List<String> given, List<String> everything, List<String> known) {
        return of(command, option, given, everything, name -> {
            if (!known.contains(name)) {
                throw new UnsupportedException(String.join(", ", known) + " and all are known");
            }
            return name;
        });
    }

    /** As {@link #of}, of images in one run. */
    static Choice<Integer> batches(CommandSpec command, List<String> given) {
        return of(command, "--batch", given, List.of(1, 2, 4, 8, 16, 32), Integer::valueOf);
    }

    /** As {@link #of}, of precisions; {@code all} are those of the CPU: the GPU's are measured by name. */
    static Choice<Precision> precisions(CommandSpec command, List<String> given) {
        return of(command, "--precision", given, Precision.on(Processor.CPU), Precision::parse);
    }

    /** As {@link #of}, of back ends; {@code auto} and the GPU's are possible too, but no part of {@code all}. */
    static Choice<String> backends(CommandSpec command, String option, List<String> given) {
        List<BackendInfo> backends = Library.backends();
        List<String> onCpu = backends.stream().filter(b -> b.processor() == Processor.CPU).map(BackendInfo::name).toList();
        List<String> names = backends.stream().map(BackendInfo::name).toList();
        return given.equals(List.of(SessionOptions.AUTO))
                ? new Choice<>(given, false)
                : names(command, option, given, onCpu, names);
    }
}
