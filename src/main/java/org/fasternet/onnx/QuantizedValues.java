package org.fasternet.onnx;

import static org.fasternet.onnx.OnnxGraph.attribute;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.fasternet.int8.Int8Layer;
import org.fasternet.int8.Int8Matrix;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
import org.fasternet.tensor.Tensor;

/**
 * The values of a quantized network in an ONNX graph: wherever this library stores 8 bits, QuantizeLinear and DequantizeLinear
 * stand, and weights are whole numbers behind a DequantizeLinear. So every runtime computes what {@link Int8Matrix} says, but for the
 * rounding of f32 where it does not compute in whole numbers.
 */
final class QuantizedValues {
    private final OnnxGraph graph;
    private final Quantization quantization;
    private final boolean wholeBranches;

    /** The layer at hand: what it reads, its scales, and how many of its matrices are written. */
    private NamedLayer layer;
    private QuantizationParams read;
    private QuantizationParams next;
    private Quantization.Scales scales;
    private int matrices;

    QuantizedValues(OnnxGraph graph, Quantization quantization, boolean wholeBranches) {
        this.graph = graph;
        this.quantization = quantization;
        this.wholeBranches = wholeBranches;
        next = quantization.src();
    }

    /** The source as it is stored. */
    String source(String input) {
        return stored(input + ".stored", input, quantization.src());
    }

    void enter(NamedLayer named, int index) {
        layer = named;
        read = next;
        scales = quantization.layers().get(index);
        next = scales.dst().orElse(read);
        matrices = 0;
    }

    /** Weights and bias of the layer's next matrix, as values. */
    List<String> matrix(String name, int... shape) {
        int index = matrices++;
        NamedLayer named = layer;
        QuantizationParams src = read;
        Quantization.Scales own = scales;
        float[] step = own.matrices().get(index).weights();
        int outputs = shape[0];
        QuantizationParams from = Int8Layer.src(src, own, index);
        int[] bias = Int8Layer.matrix(named, src, own, index).ownBias(from);
        float[] biasStep = new float[outputs];
        for (int o = 0; o < outputs; o++) {
            biasStep[o] = (float) ((double) from.scale() * step[o]);
        }
        String weights = graph.bytes(name + ".weight.int8", Tensor.deferred(shape, MatrixScales.MAX_WEIGHT, dst -> {
            float[] values = Int8Layer.matrix(named, src, own, index).weights();
            System.arraycopy(values, 0, dst, 0, values.length);
        }));
        // Zeros need not be written by the standard, but ONNX Runtime's QGemm wants as many zero points as scales.
        String zeros = graph.bytes("zeros." + outputs, new Tensor(new int[] {outputs}, new float[outputs]));
        String weightScale = graph.initializer(name + ".weight.scale", step);
        String biasScale = graph.initializer(name + ".bias.scale", biasStep);
        String stored = graph.integers(name + ".bias.int32", bias);
        return List.of(
                graph.node("DequantizeLinear", name + ".weight", List.of(weights, weightScale, zeros), attribute("axis", 0)),
                graph.node("DequantizeLinear", name + ".bias", List.of(stored, biasScale), attribute("axis", 0)));
    }

    /** The result of a matrix, before an activation that is a table. */
    String stored(String name, String value, int matrix) {
        return stored(name, value, scales.matrices().get(matrix).sum().orElseThrow());
    }

    /** A branch before it is added to its block's source. */
    String branch(String name, String value) {
        return wholeBranches ? stored(name, value, scales.matrices().get(2).sum().orElseThrow()) : value;
    }

    String pooled(String name, String value) {
        return stored(name, value, scales.dst().orElseThrow());
    }

    /** The value behind an activation, whose matrix is the one written last. */
    String activated(String name, String sum, UnaryOperator<String> activation) {
        MatrixScales own = scales.matrices().get(matrices - 1);
        Optional<QuantizationParams> table = own.activated();
        if (table.isEmpty()) {
            return stored(name, activation.apply(sum), own.sum().orElseThrow());
        }
        String before = stored(name + ".sum", sum, own.sum().orElseThrow());
        return stored(name, activation.apply(before), table.get());
    }

    private String stored(String name, String value, QuantizationParams affine) {
        String scale = graph.initializer(name + ".scale", affine.scale());
        String zeroPoint = graph.unsignedByte(name + ".zero_point", affine.zeroPoint());
        String bytes = graph.node("QuantizeLinear", name + ".uint8", List.of(value, scale, zeroPoint));
        return graph.node("DequantizeLinear", name, List.of(bytes, scale, zeroPoint));
    }
}
