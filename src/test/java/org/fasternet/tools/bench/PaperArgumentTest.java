package org.fasternet.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;
import org.junit.jupiter.api.Test;

class PaperArgumentTest {
    private static Measurement line(String operator, String backend, String shape, double gflop, double millis) {
        return new Measurement(
                Map.of(Dimension.OPERATOR, operator, Dimension.BACKEND, backend, Dimension.SHAPE, shape,
                        Dimension.PRECISION, "f32", Dimension.THREADS, "1"),
                Map.of(Metric.FLOPS, gflop, Metric.P50, millis, Metric.FLOP_RATE, gflop / millis * 1e3),
                List.of(millis), null, List.of(), List.of());
    }

    @Test
    void everyOperatorIsRelatedToTheFasterRegularConvolutionOfItsFeatureMap() {
        List<String> sentences = PaperArgument.sentences(List.of(
                line("conv3x3", "onednn", "1x96x56x56", 0.5, 10),
                line("conv3x3", "fast", "1x96x56x56", 0.5, 5),
                line("conv3x3", "onednn", "1x8x7x7", 0.1, 1),
                line("dwconv3x3", "onednn", "1x96x56x56", 0.005, 0.5),
                line("pconv/4", "fused", "1x96x56x56", 0.05, 0.625),
                line("pconv/4", "fused", "1x16x7x7", 1, 1)));
        assertEquals(List.of(
                "1x96x56x56: dwconv3x3 (onednn) does 1/100 of the work of conv3x3 in 1/10.0 of its time: 10.0 GFLOP/s, 10 %"
                        + " of its 100.0",
                "1x96x56x56: pconv/4 (fused) does 1/10 of the work of conv3x3 in 1/8.0 of its time: 80.0 GFLOP/s, 80 %"
                        + " of its 100.0"), sentences);
    }
}
