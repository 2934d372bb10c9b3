package org.fasternet.onnx;

import static org.fasternet.onnx.OnnxGraph.attribute;
import static org.fasternet.onnx.OnnxGraph.listAttribute;
import static org.fasternet.onnx.OnnxGraph.size;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.FasterNet;
import org.fasternet.checkpoint.ImageFields;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.io.OutputFile;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.layer.Quantization;
import org.fasternet.tensor.Tensor;

/**
 * Writes ONNX files (opset 17, f32; a quantized network in 8 bits, as pairs of QuantizeLinear and DequantizeLinear), with batch
 * normalisation and layer scale folded in. A partial convolution is Split, Conv
 * and Concat, where PyTorch's export of the published code clones the tensor and scatters into it.
 *
 * <p>The input is {@code input}, batch x C x height x width, all but C free; the output is batch x classes (features, of a model
 * without classes), or one feature map per stage. Values are called as the layers that make them, the outputs too: {@code head},
 * {@code head.features}, or {@code norm0}, {@code norm2}... The metadata are {@code input_size}, {@code mean}, {@code std},
 * {@code crop_pct}, {@code interpolation} and {@code label_names}, as timm's config.json has them, each as JSON.
 */
public final class OnnxWriter {
    private static final String INPUT = "input";

    private final OnnxGraph graph = new OnnxGraph();
    private final Optional<QuantizedValues> quantized;
    /** The value that the next layer reads. */
    private String current = INPUT;

    /** How a quantized network is written. */
    public enum Form {
        /** What its weights are in f32. */
        F32,
        /** As this library computes it in int8. */
        INT8,
        /**
         * As INT8, and a block's branch is stored in 8 bits before it is added to the block's source: runtimes that want all of a
         * convolution's values in 8 bits are faster so, and a step further off.
         */
        INT8_BRANCHES
    }

    private OnnxWriter(Optional<Quantization> quantization, Form form) {
        quantized = quantization.filter(scales -> form != Form.F32)
                .map(scales -> new QuantizedValues(graph, scales, form == Form.INT8_BRANCHES));
    }

    /**
     * Writes a network, completely or not at all. One tensor after the other is read and converted while it is written.
     *
     * @return how many tensors the file has
     * @throws UnsupportedException if the file would be larger than Protocol Buffers allow, 2^31 - 1 bytes
     * @throws org.fasternet.error.InvalidFileException if the file cannot be written, or the one with the weights no longer be
     *     read
     */
    public static int write(Path path, FasterNet net) {
        return write(path, net, Form.INT8);
    }

    /** As {@link #write(Path, FasterNet)}, which writes {@link Form#INT8} of a quantized network. */
    public static int write(Path path, FasterNet net, Form form) {
        return write(path, net.config().inChannels(), net.layers(), ImageFields.of(net.preprocessing(), net.labels()),
                new OnnxWriter(net.quantization(), form));
    }

    static int write(Path path, int channels, List<NamedLayer> layers, Map<String, String> metadata) {
        return write(path, channels, layers, metadata, new OnnxWriter(Optional.empty(), Form.F32));
    }

    private static int write(Path path, int channels, List<NamedLayer> layers, Map<String, String> metadata, OnnxWriter writer) {
        writer.add(channels, layers);
        ProtoMessage model = writer.graph.model(metadata);
        if (model.size() > Integer.MAX_VALUE) {
            throw new UnsupportedException(path + ": the network takes " + model.size() + " bytes, an ONNX file has at most "
                    + Integer.MAX_VALUE);
        }
        OutputFile.write(path, model::writeTo);
        return writer.graph.initializers();
    }

    private void add(int channels, List<NamedLayer> layers) {
        graph.input(INPUT, size("batch"), size(channels), size("height"), size("width"));
        quantized.ifPresent(values -> current = values.source(INPUT));
        for (int i = 0; i < layers.size(); i++) {
            NamedLayer named = layers.get(i);
            int index = i;
            quantized.ifPresent(values -> values.enter(named, index));
            add(named);
        }
        Layer last = layers.get(layers.size() - 1).layer();
        if (last instanceof Pointwise linear) {
            graph.output(current, size("batch"), size(linear.weights().dim(0)));
        } else if (last instanceof Pool) {
            // Of an embedding: as many as the last convolution with a stride has made.
            int pooled = layers.stream().filter(named -> named.layer() instanceof PatchConv)
                    .mapToInt(named -> ((PatchConv) named.layer()).weights().dim(0)).reduce((first, next) -> next).orElseThrow();
            graph.output(current, size("batch"), size(pooled));
        }
    }

    private void add(NamedLayer named) {
        String name = named.name();
        if (named.layer() instanceof PatchConv conv) {
            current = stored(name, conv(inner(name), current, conv.weights(), Optional.of(conv.bias()), conv.size(), 0), 0);
        } else if (named.layer() instanceof Block block) {
            current = block(name, block);
        } else if (named.layer() instanceof FeatureTap tap) {
            tap(name, tap);
        } else if (named.layer() instanceof Pool) {
            String mean = graph.node("GlobalAveragePool", name + ".mean", List.of(current));
            String pooled = graph.node("Flatten", inner(name), List.of(mean));
            current = quantized.map(values -> values.pooled(name, pooled)).orElse(pooled);
        } else if (named.layer() instanceof Pointwise linear) {
            current = linear(name, linear);
        }
    }

    private String block(String name, Block block) {
        String mixed = partialConv(name + ".spatial_mixing", block.partial());
        String expanded = conv(name + ".mlp.0", mixed, kernel1x1(block.expand()), Optional.of(block.bias()), 1, 0);
        String activated = activated(name + ".mlp.2", expanded, block.activation());
        String projected = conv(name + ".mlp.3", activated, kernel1x1(block.project()), Optional.empty(), 1, 0);
        String branch = quantized.map(values -> values.branch(name + ".branch", projected)).orElse(projected);
        return stored(name, graph.node("Add", inner(name), List.of(current, branch)), 2);
    }

    /** What the node is called that makes a layer's value: in 8 bits the layer's own name is that of the value as it is stored. */
    private String inner(String name) {
        return quantized.isPresent() ? name + ".f32" : name;
    }

    /** A matrix's result, in 8 bits as it is stored. */
    private String stored(String name, String value, int matrix) {
        return quantized.map(values -> values.stored(name, value, matrix)).orElse(value);
    }

    /** Behind the activation; in 8 bits a table is read by what is stored before it. */
    private String activated(String name, String sum, Activation activation) {
        return quantized.map(values -> values.activated(name, sum,
                        value -> activation(name + ".f32", value, activation)))
                .orElseGet(() -> activation(name, sum, activation));
    }

    private String partialConv(String name, PartialConv partial) {
        String conv = name + ".partial_conv3";
        int touched = partial.partialChannels();
        int rest = partial.channels() - touched;
        if (rest == 0) {
            return stored(conv + ".stored", conv(conv, current, partial.weights(), Optional.empty(), 1, 1), 0);
        }
        String slice = name + ".touched";
        String untouched = name + ".untouched";
        String sizes = graph.sizes("split." + touched + "." + rest, touched, rest);
        graph.node("Split", name + ".split", List.of(current, sizes), List.of(slice, untouched), attribute("axis", 1));
        String convolved = conv(conv, slice, partial.weights(), Optional.empty(), 1, 1);
        // In 8 bits both have one scale.
        String stored = stored(conv + ".stored", convolved, 0);
        return stored(name, graph.node("Concat", inner(name), List.of(stored, untouched), attribute("axis", 1)), 0);
    }

    private String conv(String name, String src, Tensor weights, Optional<float[]> bias, int stride, int padding) {
        List<String> sources = new ArrayList<>(List.of(src));
        quantized.ifPresentOrElse(values -> sources.addAll(values.matrix(name, weights.shape())), () -> {
            sources.add(graph.initializer(name + ".weight", weights));
            bias.ifPresent(values -> sources.add(graph.initializer(name + ".bias", values)));
        });
        return graph.node("Conv", name, sources,
                listAttribute("kernel_shape", weights.dim(2), weights.dim(3)),
                listAttribute("strides", stride, stride),
                listAttribute("pads", padding, padding, padding, padding));
    }

    private static Tensor kernel1x1(Tensor matrix) {
        return matrix.withShape(matrix.dim(0), matrix.dim(1), 1, 1);
    }

    private String linear(String name, Pointwise linear) {
        String product = linear.activation().isPresent() ? name + ".linear" : name;
        List<String> sources = new ArrayList<>(List.of(current));
        quantized.ifPresentOrElse(values -> sources.addAll(values.matrix(name, linear.weights().shape())), () -> {
            sources.add(graph.initializer(name + ".weight", linear.weights()));
            sources.add(graph.initializer(name + ".bias", linear.bias()));
        });
        graph.node("Gemm", product, sources, attribute("transB", 1));
        return linear.activation().map(function -> activated(name, product, function)).orElse(product);
    }

    /** Opset 17 has no Gelu; ONNX Runtime knows it in this form. */
    private String activation(String name, String x, Activation activation) {
        if (activation == Activation.RELU) {
            return graph.node("Relu", name, List.of(x));
        }
        String scaled = graph.node("Div", name + ".scaled", List.of(x, graph.initializer("sqrt2", (float) Math.sqrt(2))));
        String erf = graph.node("Erf", name + ".erf", List.of(scaled));
        String sum = graph.node("Add", name + ".sum", List.of(erf, graph.initializer("one", 1)));
        String product = graph.node("Mul", name + ".product", List.of(x, sum));
        return graph.node("Mul", name, List.of(product, graph.initializer("half", 0.5f)));
    }

    private void tap(String name, FeatureTap tap) {
        int channels = tap.scale().length;
        String scaled = graph.node("Mul", name + ".scaled", List.of(current, perChannel(name + ".weight", tap.scale())));
        graph.node("Add", name, List.of(scaled, perChannel(name + ".bias", tap.shift())));
        graph.output(name, size("batch"), size(channels), size(name + ".height"), size(name + ".width"));
    }

    private String perChannel(String name, float[] values) {
        return graph.initializer(name, new Tensor(new int[] {values.length, 1, 1}, values));
    }
}
