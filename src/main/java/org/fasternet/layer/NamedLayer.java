package org.fasternet.layer;

/**
 * A layer and what plans and messages call it.
 *
 * @param name such as {@code stages.2.blocks.0}
 * @param layer the layer
 */
public record NamedLayer(String name, Layer layer) {}
