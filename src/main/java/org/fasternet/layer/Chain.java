package org.fasternet.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.tensor.Tensor;

/** Assembles a FasterNet's layers from weights whose batch normalisation and layer scale are folded in. */
public final class Chain {
    /** Where the key of a layer's weights does not follow from its name. */
    private static final Map<String, String> KEYS = Map.of(
            "patch_embed", "patch_embed.proj", "head.features", "avgpool_pre_head.1", "head", "head");

    private final FasterNetConfig config;
    private final Map<String, Tensor> weights;
    private final List<NamedLayer> layers = new ArrayList<>();

    private Chain(FasterNetConfig config, Map<String, Tensor> weights) {
        this.config = config;
        this.weights = weights;
    }

    /**
     * @param config the network
     * @param folded weights under their published names, all of those that {@code config} implies
     */
    public static List<NamedLayer> of(FasterNetConfig config, Map<String, Tensor> folded) {
        return new Chain(config, folded).assemble();
    }

    /**
     * The keys of a layer's matrices, without {@code .weight}: in a block of its convolution, expansion and projection; of a layer
     * without weights none.
     */
    public static List<String> keys(NamedLayer named) {
        String name = named.name();
        if (named.layer() instanceof Block) {
            return List.of(name + ".spatial_mixing.partial_conv3", name + ".mlp.0", name + ".mlp.3");
        } else if (named.layer() instanceof PatchConv || named.layer() instanceof Pointwise) {
            return List.of(KEYS.getOrDefault(name, name + ".reduction"));
        }
        return List.of();
    }

    private List<NamedLayer> assemble() {
        patchConv("patch_embed", "patch_embed.proj");
        for (int stage = 0; stage < config.stages(); stage++) {
            if (stage > 0) {
                String name = "stages." + (2 * stage - 1);
                patchConv(name, name + ".reduction");
            }
            for (int block = 0; block < config.depths().get(stage); block++) {
                block("stages." + 2 * stage + ".blocks." + block, config.channels(stage));
            }
            if (config.detection()) {
                String name = "norm" + 2 * stage;
                add(name, new FeatureTap(vector(name + ".weight"), vector(name + ".bias")));
            }
        }
        if (!config.detection()) {
            head();
        }
        return List.copyOf(layers);
    }

    private void patchConv(String name, String key) {
        Tensor kernel = weights.get(key + ".weight");
        // The bias is what batch normalisation left behind: none at a patch embedding without it.
        Tensor bias = weights.get(key + ".bias");
        add(name, new PatchConv(kernel, bias == null ? new float[kernel.dim(0)] : bias.data()));
    }

    private void block(String name, int channels) {
        add(name, new Block(
                new PartialConv(channels, weights.get(name + ".spatial_mixing.partial_conv3.weight")),
                matrix(name + ".mlp.0.weight"),
                vector(name + ".mlp.0.bias"),
                config.activation(),
                matrix(name + ".mlp.3.weight")));
    }

    private void head() {
        add("pool", new Pool());
        Tensor features = matrix("avgpool_pre_head.1.weight");
        pointwise("head.features", features, new float[features.dim(0)], Optional.of(config.activation()));
        if (config.numClasses() > 0) {
            pointwise("head", matrix("head.weight"), vector("head.bias"), Optional.empty());
        }
    }

    private void pointwise(String name, Tensor matrix, float[] bias, Optional<Activation> activation) {
        add(name, new Pointwise(matrix, bias, activation, false));
    }

    private void add(String name, Layer layer) {
        layers.add(new NamedLayer(name, layer));
    }

    /** A 1x1 convolution's O x I x 1 x 1, or a linear layer's O x I, as O x I. */
    private Tensor matrix(String key) {
        Tensor tensor = weights.get(key);
        return tensor.withShape(tensor.dim(0), tensor.dim(1));
    }

    private float[] vector(String key) {
        return weights.get(key).data();
    }
}
