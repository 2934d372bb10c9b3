package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
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
        List<TextTable.Column> columns = new ArrayList<>(List.of(
                TextTable.left("step", plan.steps().stream().map(ExecutionPlan.Step::label)),
                TextTable.left("implementation", plan.steps().stream().map(ExecutionPlan.Step::implementation)),
                TextTable.left("src", plan.steps().stream().map(step -> image(step.src()))),
                TextTable.left("dst", plan.steps().stream().map(step -> image(step.dst()))),
                TextTable.right("M madd", plan.steps().stream().map(PlanReport::millions))));
        if (kernels > 0) {
            columns.add(TextTable.right("kernels", plan.steps().stream().map(step -> String.valueOf(step.kernels()))));
        }
        TextTable table = new TextTable(out, columns.toArray(TextTable.Column[]::new));
        for (ExecutionPlan.Step step : plan.steps()) {
            List<Object> row = new ArrayList<>(List.of(
                    step.label(), step.implementation(), image(step.src()), image(step.dst()), millions(step)));
            if (kernels > 0) {
                row.add(step.kernels());
            }
            table.row(row.toArray());
        }
        plan.steps().stream().filter(ExecutionPlan.Step::isReference).forEach(step -> out.println("warning: " + step.label()
                + " runs the slow reference implementation " + step.implementation()));
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
