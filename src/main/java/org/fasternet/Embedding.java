package org.fasternet;

/** What {@link FasterNet#embedding} returns for an image: a vector that is near those of similar images. */
public enum Embedding {
    /** The last stage's channels, averaged over all pixels: timm's {@code forward_features} and global pooling. */
    POOLED("pool"),
    /** The head's hidden layer after its activation: timm's {@code forward_head(pre_logits=True)}. */
    FEATURES("head.features");

    private final String layer;

    Embedding(String layer) {
        this.layer = layer;
    }

    /** The layer whose result it is. */
    String layer() {
        return layer;
    }
}
