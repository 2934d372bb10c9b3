package org.fasternet.tools.bench.peers;

import org.fasternet.FasterNet;
import org.fasternet.error.UnsupportedException;
import org.fasternet.tensor.Shape;

/**
 * What all peers are given.
 *
 * @param network a model with one output, batch x classes (or features)
 * @param src the input's shape
 * @param threads that one run uses
 */
public record PeerCase(FasterNet network, Shape src, int threads) {
    public PeerCase {
        if (network.config().detection()) {
            throw new UnsupportedException("a detection backbone has several outputs: peers are compared on models with one");
        }
    }

    public static PeerCase of(FasterNet network, int batch, int height, int width, int threads) {
        return new PeerCase(network, new Shape(batch, network.config().inChannels(), height, width), threads);
    }

    /** Values that the whole batch results in. */
    long dstElements() {
        return (long) src.n() * outputs();
    }

    /** Values that one image results in. */
    public int outputs() {
        return network.config().numClasses() > 0 ? network.config().numClasses() : network.config().featureDim();
    }
}
