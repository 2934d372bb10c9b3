package org.fasternet.tools.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.fasternet.tools.bench.compare.Comparison;
import org.fasternet.tools.bench.report.Columns;
import org.fasternet.tools.bench.report.ReportJson;
import org.fasternet.tools.cli.Json;
import org.fasternet.tools.cli.TextTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code fasternet bench compare}. */
@Command(
        name = "compare",
        description = {
            "Compares two reports of the same benchmark, line by line.",
            "The ratio of the medians over the rounds, B / A, has a 95 %% confidence interval by bootstrap. A line has regressed "
                    + "if all of its interval is on the worse side of 1 and the ratio is beyond the limit. Fewer than 5 rounds "
                    + "tell nothing. Where both have profiles, their steps are compared too, and only shown."
        },
        footer = {
            "",
            "Exit status: 0 no line has regressed, 1 one has, or is missing in B or no longer VALID, or the reports cannot be "
                    + "compared.",
            "",
            "Examples:",
            "  fasternet bench compare before.json after.json",
            "  fasternet bench compare before.json after.json --fail-above 2%% --json"
        })
final class BenchCompareCommand implements Callable<Integer> {
    private static final int REGRESSED = 1;
    /** A column of the table. */
    private record Column(String heading, boolean left, Function<Comparison.Line, String> cell) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("line", true, Comparison.Line::name),
            new Column("metric", true, line -> line.metric().heading()),
            new Column("A", false, line -> Columns.number(line.before())),
            new Column("B", false, line -> Columns.number(line.after())),
            new Column("B / A", false, line -> ratio(line.ratio().ratio())),
            new Column("95 % interval", false, line -> ratio(line.ratio().low()) + " to " + ratio(line.ratio().high())),
            new Column("change", true, BenchCompareCommand::change));

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "A.json", description = "A report that --json wrote.")
    private Path before;

    @Parameters(index = "1", paramLabel = "B.json", description = "A later one.")
    private Path after;

    @Option(names = "--fail-above", paramLabel = "SHARE", converter = Share.class, defaultValue = "5%",
            description = "By how much a line may be worse: 5%% or 0.05 (default: ${DEFAULT-VALUE}).")
    private double allowed;

    @Option(names = "--any-hardware", description = "Compare reports of different machines, whatever their instruction sets.")
    private boolean anyHardware;

    @Option(names = "--seed", paramLabel = "N", description = "Of the bootstrap (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /** {@code 5%} or {@code 0.05}. */
    static final class Share implements ITypeConverter<Double> {
        private static final Pattern SHARE = Pattern.compile("\\d{1,6}(\\.\\d{1,6})?%|0(\\.\\d{1,6})?");

        @Override
        public Double convert(String text) {
            if (!SHARE.matcher(text).matches()) {
                throw new TypeConversionException("'" + text + "' is not a share like 5% or 0.05");
            }
            return text.endsWith("%") ? Double.parseDouble(text.substring(0, text.length() - 1)) / 100 : Double.parseDouble(text);
        }
    }

    @Override
    public Integer call() {
        Comparison comparison = Comparison.of(ReportJson.read(before), ReportJson.read(after), allowed, anyHardware, seed);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Json.print(json(comparison), out);
        } else {
            print(comparison, out);
        }
        return comparison.passed() ? 0 : REGRESSED;
    }

    private void print(Comparison comparison, PrintWriter out) {
        printLines(comparison.lines(), out);
        if (!comparison.steps().isEmpty()) {
            out.println();
            out.println("steps, by which nothing passes or fails:");
            printLines(comparison.steps(), out);
            out.println();
        }
        comparison.onlyBefore().forEach(name -> out.println("regression: only in " + before + ": " + name));
        comparison.onlyAfter().forEach(name -> out.println("only in " + after + ": " + name));
        comparison.remarks().forEach(out::println);
        comparison.lost().forEach(sentence -> out.println("regression: " + sentence));
        comparison.regressions().forEach(line -> out.println(TextTable.format(
                "regression: %s: %s is %.1f %% %s", line.name(), line.metric().heading(),
                100 * Math.abs(line.ratio().ratio() - 1), line.ratio().ratio() > 1 ? "higher" : "lower")));
    }

    private static void printLines(List<Comparison.Line> lines, PrintWriter out) {
        if (!lines.isEmpty()) {
            TextTable table = new TextTable(out, COLUMNS.stream().map(column -> column.left
                    ? TextTable.left(column.heading, lines.stream().map(column.cell))
                    : TextTable.right(column.heading, lines.stream().map(column.cell))).toArray(TextTable.Column[]::new));
            lines.forEach(line -> table.row(COLUMNS.stream().map(column -> column.cell.apply(line)).toArray()));
        }
    }

    private static String ratio(double value) {
        return TextTable.format("%.3f", value);
    }

    private static String change(Comparison.Line line) {
        return line.change().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private ObjectNode json(Comparison comparison) {
        ObjectNode root = Json.object();
        root.put("fail_above", allowed);
        addLines(root.putArray("lines"), comparison.lines());
        if (!comparison.steps().isEmpty()) {
            addLines(root.putArray("steps"), comparison.steps());
        }
        comparison.onlyBefore().forEach(root.putArray("only_before")::add);
        comparison.onlyAfter().forEach(root.putArray("only_after")::add);
        comparison.lost().forEach(root.putArray("lost")::add);
        comparison.remarks().forEach(root.putArray("remarks")::add);
        return root;
    }

    private static void addLines(ArrayNode array, List<Comparison.Line> lines) {
        for (Comparison.Line line : lines) {
            ObjectNode node = array.addObject();
            ObjectNode subject = node.putObject("subject");
            line.subject().forEach((dimension, value) -> subject.put(dimension.id(), value));
            node.put("metric", line.metric().id());
            node.put("before", line.before());
            node.put("after", line.after());
            node.put("ratio", line.ratio().ratio());
            node.put("low", line.ratio().low());
            node.put("high", line.ratio().high());
            node.put("change", change(line));
        }
    }
}
