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
import org.fasternet.tensor.Tensor;

/**
 * Writes ONNX files (opset 17, f32), with batch normalisation and layer scale folded in. A partial convolution is Split, Conv
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
    /** The value that the next layer reads. */
    private String current = INPUT;

    private OnnxWriter() {
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
        return write(path, net.config().inChannels(), net.layers(), ImageFields.of(net.preprocessing(), net.labels()));
    }

    static int write(Path path, int channels, List<NamedLayer> layers, Map<String, String> metadata) {
        OnnxWriter writer = new OnnxWriter();
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
        layers.forEach(this::add);
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
            current = conv(name, current, conv.weights(), Optional.of(conv.bias()), conv.size(), 0);
        } else if (named.layer() instanceof Block block) {
            current = block(name, block);
        } else if (named.layer() instanceof FeatureTap tap) {
            tap(name, tap);
        } else if (named.layer() instanceof Pool) {
            current = graph.node("Flatten", name, List.of(graph.node("GlobalAveragePool", name + ".mean", List.of(current))));
        } else if (named.layer() instanceof Pointwise linear) {
            current = linear(name, linear);
        }
    }

    private String block(String name, Block block) {
        String mixed = partialConv(name + ".spatial_mixing", block.partial());
        String expanded = conv(name + ".mlp.0", mixed, kernel1x1(block.expand()), Optional.of(block.bias()), 1, 0);
        String activated = activation(name + ".mlp.2", expanded, block.activation());
        String projected = conv(name + ".mlp.3", activated, kernel1x1(block.project()), Optional.empty(), 1, 0);
        return graph.node("Add", name, List.of(current, projected));
    }

    private String partialConv(String name, PartialConv partial) {
        String conv = name + ".partial_conv3";
        int touched = partial.partialChannels();
        int rest = partial.channels() - touched;
        if (rest == 0) {
            return conv(conv, current, partial.weights(), Optional.empty(), 1, 1);
        }
        String slice = name + ".touched";
        String untouched = name + ".untouched";
        String sizes = graph.sizes("split." + touched + "." + rest, touched, rest);
        graph.node("Split", name + ".split", List.of(current, sizes), List.of(slice, untouched), attribute("axis", 1));
        String convolved = conv(conv, slice, partial.weights(), Optional.empty(), 1, 1);
        return graph.node("Concat", name, List.of(convolved, untouched), attribute("axis", 1));
    }

    private String conv(String name, String src, Tensor weights, Optional<float[]> bias, int stride, int padding) {
        List<String> sources = new ArrayList<>(List.of(src, graph.initializer(name + ".weight", weights)));
        bias.ifPresent(values -> sources.add(graph.initializer(name + ".bias", values)));
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
        String weight = graph.initializer(name + ".weight", linear.weights());
        String bias = graph.initializer(name + ".bias", linear.bias());
        graph.node("Gemm", product, List.of(current, weight, bias), attribute("transB", 1));
        return linear.activation().map(function -> activation(name, product, function)).orElse(product);
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
