package org.fasternet.tools.bench.op;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fasternet.Variant;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;

/** Which operators are measured at which shapes. */
public final class OperatorShapes {
    /**
     * The feature maps of the paper's comparison of operators (Chen et al., "Run, Don't Walk", CVPR 2023, section 5.1 and
     * table 1), for which it lists FLOPs, meaning multiply-adds, and latency of ten layers of each operator.
     */
    private static final List<Shape> PAPER = List.of(
            new Shape(1, 96, 56, 56), new Shape(1, 192, 28, 28), new Shape(1, 384, 14, 14), new Shape(1, 768, 7, 7));

    private static final List<Operator> PAPER_OPERATORS =
            List.of(Operator.CONV, Operator.GCONV, Operator.DWCONV, Operator.PCONV_4);

    /** The operators that could stand in a block in place of its partial convolution, which is one of them. */
    private static final List<Operator> MIXERS = List.of(
            Operator.CONV, Operator.PCONV_2, Operator.PCONV_4, Operator.PCONV_8, Operator.DWCONV, Operator.GCONV);

    private OperatorShapes() {}

    /** Regular, grouped, depthwise and partial convolution on each of the paper's feature maps, map by map. */
    public static List<OperatorShape> paper() {
        return PAPER.stream().flatMap(map -> PAPER_OPERATORS.stream().map(operator -> plain(operator, map, map.c()))).toList();
    }

    /**
     * All operators at all shapes that occur in the networks, each once, in the order of the networks.
     *
     * @param variants whose shapes
     * @param batch images in one run
     * @param height rows of the input
     * @param width columns of the input
     * @throws ShapeException if the input is too small for the networks' stages
     */
    public static List<OperatorShape> of(Collection<Variant> variants, int batch, int height, int width) {
        Set<OperatorShape> distinct = new LinkedHashSet<>();
        variants.forEach(variant -> addNetwork(variant.config(), new Shape(batch, variant.config().inChannels(), height, width),
                distinct));
        return List.copyOf(distinct);
    }

    /**
     * What stands in a stage, or could, on feature maps of one shape: the 3x3 convolutions, the pointwise ones and the block.
     *
     * @param map shape of the block's source, at least 8 channels
     * @param activation of the block
     */
    public static List<OperatorShape> ofFeatureMap(Shape map, Activation activation) {
        if (map.c() < 8) {
            throw new ShapeException("feature maps of " + map + ": pconv/8 needs 8 channels or more");
        }
        int hidden = BenchmarkWeights.RATIO * map.c();
        List<OperatorShape> shapes = new ArrayList<>();
        MIXERS.forEach(operator -> shapes.add(plain(operator, map, map.c())));
        shapes.add(plain(Operator.EXPAND, map, hidden));
        shapes.add(plain(Operator.PROJECT, map.withChannels(hidden), map.c()));
        shapes.add(new OperatorShape(Operator.BLOCK, map, map.c(), Optional.of(activation)));
        return shapes;
    }

    private static void addNetwork(FasterNetConfig config, Shape image, Set<OperatorShape> shapes) {
        shapes.add(plain(Operator.PATCH, image, config.embedDim()));
        Shape map = reduced(image, 4, config.embedDim());
        for (int stage = 0; stage < config.stages(); stage++) {
            if (stage > 0) {
                shapes.add(plain(Operator.MERGE, map, config.channels(stage)));
                map = reduced(map, 2, config.channels(stage));
            }
            shapes.addAll(ofFeatureMap(map, config.activation()));
        }
        Shape pooled = new Shape(image.n(), map.c(), 1, 1);
        shapes.add(new OperatorShape(Operator.HEAD, pooled, config.featureDim(), Optional.of(config.activation())));
        shapes.add(plain(Operator.CLASSIFIER, pooled.withChannels(config.featureDim()), config.numClasses()));
    }

    /** What a convolution of patches leaves, {@link org.fasternet.layer.PatchConv}. */
    private static Shape reduced(Shape src, int patch, int channels) {
        return new Shape(src.n(), channels, src.h() / patch, src.w() / patch);
    }

    private static OperatorShape plain(Operator operator, Shape src, int outputs) {
        return new OperatorShape(operator, src, outputs, Optional.empty());
    }
}
