package org.fasternet.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A chain of layers as back ends get it, immutable. A network is equal only to itself: what a back end has made of its weights
 * for one program it may use for another one of the same network.
 */
public final class Network {
    private final List<NamedLayer> layers;
    private final Optional<NamedLayer> pixelLayer;
    private final Optional<Quantization> quantization;

    private Network(List<NamedLayer> layers, Optional<NamedLayer> pixelLayer, Optional<Quantization> quantization) {
        this.layers = List.copyOf(layers);
        this.pixelLayer = pixelLayer;
        this.quantization = quantization;
        quantization.ifPresent(scales -> QuantizationCheck.check(this.layers, scales));
    }

    /** A network that reads floating point only. */
    public static Network of(List<NamedLayer> layers) {
        return new Network(layers, Optional.empty(), Optional.empty());
    }

    /** A network whose first layer is {@code embedding} instead when the source is 8-bit pixels. */
    public static Network of(List<NamedLayer> layers, PatchConv embedding) {
        return new Network(layers, Optional.of(new NamedLayer(layers.get(0).name(), embedding)), Optional.empty());
    }

    /**
     * The same layers, which can be computed in 8 bits too.
     *
     * @throws org.fasternet.error.ShapeException if the scales do not fit the layers, or each other
     */
    public Network quantized(Quantization scales) {
        return new Network(layers, pixelLayer, Optional.of(scales));
    }

    /** The chain for a source of floating point. */
    public List<NamedLayer> layers() {
        return layers;
    }

    /** The first layer for a source of 8-bit pixels; empty if the network reads none. */
    public Optional<NamedLayer> pixelLayer() {
        return pixelLayer;
    }

    /** How it is computed in 8 bits; empty: nobody has said. */
    public Optional<Quantization> quantization() {
        return quantization;
    }

    /**
     * {@link #quantization} for a source of 8-bit pixels: they are stored as they are, and the layer for them has weights of its
     * own.
     */
    public Optional<Quantization> quantizationForPixels() {
        return quantization.map(scales -> pixelLayer.map(named -> {
            List<Quantization.Scales> layers = new ArrayList<>(scales.layers());
            MatrixScales first = layers.get(0).matrices().get(0);
            PatchConv conv = (PatchConv) named.layer();
            QuantizationParams pixels = new QuantizationParams(1, 0);
            layers.set(0, Quantization.Scales.of(
                    MatrixScales.ofLargest(conv.weights(), conv.bias(), pixels, first.sum(), first.activated())));
            return new Quantization(pixels, layers);
        }).orElse(scales));
    }

    /** The chain for a source of 8-bit pixels, as they are if there is no layer of its own for them. */
    public List<NamedLayer> layersForPixels() {
        List<NamedLayer> chain = new ArrayList<>(layers);
        pixelLayer.ifPresent(layer -> chain.set(0, layer));
        return chain;
    }
}
