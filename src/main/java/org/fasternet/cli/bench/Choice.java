package org.fasternet.cli.bench;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;
import org.fasternet.FasterNetException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

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
    static <T> Choice<T> of(CommandSpec command, String option, List<String> given, List<T> everything, Function<String, T> parse) {
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
            } catch (IllegalArgumentException | FasterNetException e) {
                throw new ParameterException(command.commandLine(), "Invalid value '" + text + "' for " + option
                        + (e instanceof FasterNetException ? ": " + e.getMessage() : ""));
            }
        }
        return new Choice<>(List.copyOf(values), all);
    }
}
