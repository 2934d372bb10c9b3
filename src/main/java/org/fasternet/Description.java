package org.fasternet;

import java.util.List;

/**
 * What a classifier says of an image, and the vector that it says so from.
 *
 * @param predictions the most probable class first
 * @param embedding of the kind that the classifier was made for; the caller's own
 */
public record Description(List<Prediction> predictions, float[] embedding) {}
