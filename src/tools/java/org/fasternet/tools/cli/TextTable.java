package org.fasternet.tools.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Rows under headings, printed one by one: the columns' widths are known before. */
public final class TextTable {
    /** @param width of the widest cell; negative: aligned to the left */
    public record Column(String heading, int width) {}

    private final PrintWriter out;
    private final List<Column> columns;

    /** Prints the headings. */
    public TextTable(PrintWriter out, Column... columns) {
        this.out = out;
        this.columns = List.of(columns);
        row(this.columns.stream().map(Column::heading).toArray());
    }

    public static Column left(String heading, Stream<String> cells) {
        return new Column(heading, -widest(heading, cells));
    }

    public static Column right(String heading, Stream<String> cells) {
        return new Column(heading, widest(heading, cells));
    }

    private static int widest(String heading, Stream<String> cells) {
        return Stream.concat(Stream.of(heading), cells).mapToInt(String::length).max().getAsInt();
    }

    /** Numbers look the same in every country. */
    public static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    public void row(Object... cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            line.append(i == 0 ? "" : "  ").append(format("%" + columns.get(i).width + "s", cells[i]));
        }
        out.println(line.toString().stripTrailing());
    }
}
