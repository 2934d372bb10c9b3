package org.fasternet.tools.bench.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Conv;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.OpBenchmark;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shapes and costs against values computed by hand and published ones. */
class OperatorShapesTest {
    private static final List<OperatorShape> T0 = OperatorShapes.of(List.of(Variant.T0), 1, 224, 224);

    /** T0's first stage has 40 channels of 56x56 = 3,136 pixels. Bytes: (source + result + weights) x 4. */
    @ParameterizedTest
    @CsvSource({
        "conv3x3,           1x40x56x56,  40,   45158400, 1061120", // 9 x 40 x 40 x 3136; (125440 + 125440 + 14400) x 4
        "pconv/2,           1x40x56x56,  40,   11289600, 516160",  // 9 x 20 x 20 x 3136; (62720 + 62720 + 3600) x 4
        "pconv/4,           1x40x56x56,  40,   2822400,  254480",  // 9 x 10 x 10 x 3136; (31360 + 31360 + 900) x 4
        "pconv/8,           1x40x56x56,  40,   705600,   126340",  // 9 x 5 x 5 x 3136; (15680 + 15680 + 225) x 4
        "dwconv3x3,         1x40x56x56,  40,   1128960,  1004960", // 9 x 40 x 3136; (125440 + 125440 + 360) x 4
        "gconv3x3,          1x40x56x56,  40,   4515840,  1009280", // 10 groups of 4: 9 x 4 x 40 x 3136; (250880 + 1440) x 4
        "pointwise/expand,  1x40x56x56,  80,   10035200, 1518080", // 40 x 80 x 3136; (125440 + 250880 + 3200) x 4
        "pointwise/project, 1x80x56x56,  40,   10035200, 1518080",
        "block,             1x40x56x56,  40,   22892800, 1032720", // 2822400 + 2 x 10035200; (250880 + 900 + 6400) x 4
        "patch,             1x3x224x224, 40,   6021120,  1111552", // 3 x 16 x 40 x 3136; (150528 + 125440 + 1920) x 4
        "merge,             1x40x56x56,  80,   10035200, 803840",  // 40 x 4 x 80 x 784; (125440 + 62720 + 12800) x 4
        "head,              1x320x1x1,   1280, 409600,   1644800", // 320 x 1280; (320 + 1280 + 409600) x 4
        "classifier,        1x1280x1x1,  1000, 1280000,  5129120", // 1280 x 1000; (1280 + 1000 + 1280000) x 4
    })
    void costsOfT0(String id, String src, int outputs, long multiplyAdds, long bytes) {
        OperatorShape shape = T0.stream()
                .filter(s -> s.operator().id().equals(id) && s.src().toString().equals(src) && s.outputs() == outputs)
                .findFirst().orElseThrow();
        OperatorCost cost = OperatorCost.of(shape.layer(1), shape.src(), Precision.F32);
        assertEquals(new OperatorCost(multiplyAdds, bytes), cost);
        assertEquals(2 * multiplyAdds, cost.flops());
        assertEquals(bytes / 2, OperatorCost.of(shape.layer(1), shape.src(), Precision.BF16).leastBytes());
    }

    @Test
    void noTwoHaveTheSameSubject() {
        List<OperatorShape> all = OperatorShapes.of(List.of(Variant.values()), 1, 224, 224);
        SessionOptions options = SessionOptions.defaults().withThreads(1);
        assertEquals(all.size(), all.stream().map(shape -> OpBenchmark.subject(shape, options)).distinct().count());
    }

    /** Table 1's FLOPs of ten layers, in millions. */
    @Test
    void thePapersFlops() {
        double[] depthwise = {27.09, 13.55, 6.77, 3.39};
        List<OperatorShape> shapes = OperatorShapes.paper();
        assertEquals(16, shapes.size());
        for (int i = 0; i < shapes.size(); i++) {
            OperatorShape shape = shapes.get(i);
            double millions = 10 * OperatorCost.of(shape.layer(1), shape.src(), Precision.F32).multiplyAdds() / 1e6;
            double published = switch (shape.operator()) {
                case CONV -> 2601;
                case GCONV, PCONV_4 -> 163;
                case DWCONV -> depthwise[i / 4];
                default -> throw new AssertionError(shape);
            };
            assertEquals(published, millions, published > 100 ? 0.5 : 0.006, shape::toString);
        }
        assertEquals(16, ((Conv) shapes.get(1).layer(1)).groups());
    }

    /** The published GFLOPs of the networks (Chen et al., 2023, table 9) are what their operators add up to. */
    @ParameterizedTest
    @CsvSource({"T0, 0.34", "T1, 0.85", "T2, 1.91", "S, 4.56", "M, 8.74", "L, 15.52"})
    void operatorsAddUpToTheNetwork(Variant variant, double published) {
        List<Integer> depths = variant.config().depths();
        long sum = 0;
        int stage = 0;
        for (OperatorShape shape : OperatorShapes.of(List.of(variant), 1, 224, 224)) {
            int times = switch (shape.operator()) {
                case BLOCK -> depths.get(stage++);
                case PATCH, MERGE, HEAD, CLASSIFIER -> 1;
                default -> 0;
            };
            if (times > 0) {
                sum += times * shape.layer(1).multiplyAdds(shape.src());
            }
        }
        // The published counts are rounded, and take in some 0.2 % for batch normalisation, which is folded here.
        assertEquals(published, sum / 1e9, 0.005 + 0.0025 * published);
    }

    @Test
    void everyOperatorOfEveryVariantOccursOnce() {
        List<OperatorShape> shapes = OperatorShapes.of(List.of(Variant.values()), 2, 192, 160);
        assertEquals(shapes.size(), new HashSet<>(shapes).size());
        // Each variant: 4 stages of 9 operators, 3 mergings, patch and head; the classifier is all variants'.
        assertEquals(6 * (4 * 9 + 3 + 2) + 1, shapes.size());
        assertTrue(shapes.stream().allMatch(shape -> shape.src().n() == 2));
        Set<Operator> operators = EnumSet.noneOf(Operator.class);
        shapes.forEach(shape -> operators.add(shape.operator()));
        assertEquals(EnumSet.allOf(Operator.class), operators);
        assertEquals(new Shape(2, 320, 6, 5), last(Operator.CONV, Variant.T0).src());
        assertEquals(Optional.of(Activation.GELU), last(Operator.BLOCK, Variant.T0).activation());
        assertEquals(Optional.of(Activation.RELU), last(Operator.HEAD, Variant.S).activation());
    }

    private static OperatorShape last(Operator operator, Variant variant) {
        return OperatorShapes.of(List.of(variant), 2, 192, 160).stream()
                .filter(shape -> shape.operator() == operator).reduce((first, second) -> second).orElseThrow();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThrows(ShapeException.class, () -> OperatorShapes.of(List.of(Variant.T0), 1, 31, 224));
        assertThrows(ShapeException.class, () -> OperatorShapes.ofFeatureMap(new Shape(1, 7, 4, 4), Activation.RELU));
        assertEquals(Operator.PCONV_8, Operator.parse("pconv/8"));
        UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> Operator.parse("conv"));
        assertTrue(refusal.getMessage().startsWith("unknown operator 'conv': conv3x3, pconv/2, "), refusal.getMessage());
    }
}
