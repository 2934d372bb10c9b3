package org.fasternet;

/**
 * What a classifier says of an image.
 *
 * @param index the class, counted from 0
 * @param label its name; {@code class 7} if the model has no names
 * @param probability softmax of the logits, 0 to 1
 */
public record Prediction(int index, String label, float probability) {}
