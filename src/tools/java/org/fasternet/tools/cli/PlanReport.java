package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.tensor.Shape;

/** What a compiled network really runs. */
record PlanReport(ExecutionPlan plan) {
    /** Who computes, in a few words. */
    static String sentence(ExecutionPlan plan) {
        return plan.backend() + ", " + plan.isa() + ", " + plan.binding() + ", " + plan.precision().id() + ", " + plan.threads()
                + (plan.threads() == 1 ? " thread" : " threads");
    }

    /** Who computes, as the first fields of an object. */
    static ObjectNode summary(ExecutionPlan plan) {
        return Json.object()
                .put("backend", plan.backend())
                .put("isa", plan.isa())
                .put("binding", plan.binding())
                .put("precision", plan.precision().id())
                .put("threads", plan.threads());
    }

    void print(PrintWriter out) {
        TextFields fields = new TextFields(out);
        fields.field("plan", sentence(plan));
        long workspace = plan.steps().stream().mapToLong(ExecutionPlan.Step::workspaceBytes).max().orElse(0);
        fields.field("memory", TextTable.format("arena %,d bytes%s, packed weights %,d bytes", plan.arenaBytes(),
                workspace == 0 ? "" : TextTable.format(" (%,d of them workspace)", workspace), plan.weightBytes()));
        int kernels = plan.steps().stream().mapToInt(ExecutionPlan.Step::kernels).sum();
        if (kernels > 0) {
            fields.field("kernels", kernels + ", by one launch of a graph");
        }
        out.println();
        List<Column> columns = new ArrayList<>(List.of(
                new Column("step", true, ExecutionPlan.Step::label),
                new Column("implementation", true, ExecutionPlan.Step::implementation),
                new Column("src", true, step -> image(step.src())),
                new Column("dst", true, step -> image(step.dst())),
                new Column("M madd", false, PlanReport::millions)));
        // What a GPU's steps have, and others do not.
        if (workspace > 0) {
            columns.add(new Column("workspace", false, step -> TextTable.format("%,d", step.workspaceBytes())));
        }
        if (kernels > 0) {
            columns.add(new Column("kernels", false, step -> String.valueOf(step.kernels())));
        }
        TextTable table = new TextTable(out, columns.stream().map(column -> column.of(plan.steps())).toArray(TextTable.Column[]::new));
        plan.steps().forEach(step -> table.row(columns.stream().map(column -> column.cell.apply(step)).toArray()));
        plan.steps().stream().filter(ExecutionPlan.Step::isReference).forEach(step -> out.println("warning: " + step.label()
                + " runs the slow reference implementation " + step.implementation()));
    }

    private record Column(String heading, boolean left, Function<ExecutionPlan.Step, String> cell) {
        TextTable.Column of(List<ExecutionPlan.Step> steps) {
            Stream<String> cells = steps.stream().map(cell);
            return left ? TextTable.left(heading, cells) : TextTable.right(heading, cells);
        }
    }

    /** One image of the batch. */
    private static String image(Shape shape) {
        return shape.c() + "x" + shape.h() + "x" + shape.w();
    }

    private static String millions(ExecutionPlan.Step step) {
        return step.multiplyAdds() == 0 ? "" : TextTable.format("%.2f", step.multiplyAdds() / 1e6);
    }

    ObjectNode json() {
        ObjectNode root = summary(plan)
                .put("arenaBytes", plan.arenaBytes())
                .put("weightBytes", plan.weightBytes())
                .put("multiplyAdds", plan.multiplyAdds());
        ArrayNode steps = root.putArray("steps");
        for (ExecutionPlan.Step step : plan.steps()) {
            ObjectNode json = steps.addObject().put("label", step.label()).put("implementation", step.implementation());
            json.set("src", Json.shape(step.src()));
            json.set("dst", Json.shape(step.dst()));
            json.put("multiplyAdds", step.multiplyAdds()).put("workspaceBytes", step.workspaceBytes())
                    .put("kernels", step.kernels())
                    .put("reference", step.isReference());
        }
        return root;
    }
}
