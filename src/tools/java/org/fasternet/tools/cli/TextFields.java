package org.fasternet.tools.cli;

import java.io.PrintWriter;

/** Lines of a name and what is to be said of it, which goes on below itself where a terminal's 80 columns end. */
final class TextFields {
    private static final int INDENT = 15;
    private static final int WIDTH = 80;

    private final PrintWriter out;

    TextFields(PrintWriter out) {
        this.out = out;
    }

    void field(String name, String value) {
        StringBuilder line = new StringBuilder(TextTable.format("%-" + INDENT + "s", name));
        boolean first = true;
        for (String word : value.split(" ")) {
            if (!first && line.length() + 1 + word.length() > WIDTH) {
                out.println(line);
                line = new StringBuilder(" ".repeat(INDENT));
                first = true;
            }
            line.append(first ? "" : " ").append(word);
            first = false;
        }
        out.println(line);
    }
}
