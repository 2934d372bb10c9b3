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

    private Network(List<NamedLayer> layers, Optional<NamedLayer> pixelLayer) {
        this.layers = List.copyOf(layers);
        this.pixelLayer = pixelLayer;
    }

    /** A network that reads floating point only. */
    public static Network of(List<NamedLayer> layers) {
        return new Network(layers, Optional.empty());
    }

    /** A network whose first layer is {@code embedding} instead when the source is 8-bit pixels. */
    public static Network of(List<NamedLayer> layers, PatchConv embedding) {
        return new Network(layers, Optional.of(new NamedLayer(layers.get(0).name(), embedding)));
    }

    /** The chain for a source of floating point. */
    public List<NamedLayer> layers() {
        return layers;
    }

    /** The first layer for a source of 8-bit pixels; empty if the network reads none. */
    public Optional<NamedLayer> pixelLayer() {
        return pixelLayer;
    }

    /** The chain for a source of 8-bit pixels, as they are if there is no layer of its own for them. */
    public List<NamedLayer> layersForPixels() {
        List<NamedLayer> chain = new ArrayList<>(layers);
        pixelLayer.ifPresent(layer -> chain.set(0, layer));
        return chain;
    }
}
