package org.fasternet.tools.bench;

import java.util.List;
import org.fasternet.FasterNet;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.op.OperatorCost;

/**
 * What a run costs, whoever computes it.
 *
 * @param flops floating-point operations, two for each multiply-add
 * @param bytes the least that must move: source, results and weights once each
 */
record Cost(double flops, double bytes) {
    static Cost of(OperatorCost cost) {
        return new Cost(cost.flops(), cost.leastBytes());
    }

    /** Of a step of a network with f32 source and results: what is between is stored as the plan computes. */
    static Cost of(ExecutionPlan plan, int index) {
        ExecutionPlan.Step step = plan.steps().get(index);
        int stored = plan.precision().stored().bytes();
        int last = plan.steps().size() - 1;
        // Whatever convolves or multiplies by a matrix uses each weight once for each pixel of its result.
        double weights = (double) step.multiplyAdds() / ((long) step.dst().n() * step.dst().h() * step.dst().w());
        double bytes = (double) step.src().elements() * (index == 0 ? Float.BYTES : stored)
                + (double) step.dst().elements() * (index == last ? Float.BYTES : stored)
                + weights * stored;
        return new Cost(2.0 * step.multiplyAdds(), bytes);
    }

    /** Of a network with f32 source and results. */
    static Cost of(FasterNet network, Shape src, List<Shape> dsts, Precision precision) {
        long weights = network.layers().stream().mapToLong(named -> named.layer().weightElements()).sum();
        long values = src.elements() + dsts.stream().mapToLong(Shape::elements).sum();
        return new Cost(2.0 * network.multiplyAdds(src),
                (double) values * Float.BYTES + (double) weights * precision.stored().bytes());
    }
}
