package org.fasternet.layer;

import java.util.List;
import org.fasternet.error.ShapeException;

/**
 * What a FasterNet looks like, apart from its weights. Stage {@code i} (from 0) has {@code embedDim << i} channels; the patch
 * embedding is a 4x4 convolution of stride 4, a merging a 2x2 convolution of stride 2 that doubles the channels.
 *
 * @param inChannels channels of the input image
 * @param embedDim channels of the first stage
 * @param depths blocks in each stage, at least one stage
 * @param nDiv a block's 3x3 convolution touches the first {@code channels / nDiv} channels
 * @param mlpRatio a block's hidden layer has {@code (int) (channels * mlpRatio)} channels
 * @param featureDim channels of the head's hidden layer; 0 for a detection backbone, which has no head
 * @param numClasses logits; 0 for a model whose output is the head's hidden layer, or a detection backbone
 * @param activation the non-linearity of blocks and head
 * @param layerScale whether blocks scale their branch by a learned vector before adding it
 * @param patchNorm whether batch normalisation follows the patch embedding; the mergings always have it
 * @param detection whether the model is a detection backbone: one normalised feature map per stage, no head
 */
public record FasterNetConfig(
        int inChannels,
        int embedDim,
        List<Integer> depths,
        int nDiv,
        double mlpRatio,
        int featureDim,
        int numClasses,
        Activation activation,
        boolean layerScale,
        boolean patchNorm,
        boolean detection) {

    private static final int MAX_CHANNELS = 1 << 20;

    public FasterNetConfig {
        depths = List.copyOf(depths);
        require(inChannels >= 1 && inChannels <= MAX_CHANNELS, "inChannels is " + inChannels + ", 1 to 2^20 are possible");
        require(embedDim >= 1, "embedDim is " + embedDim + ", at least 1 is needed");
        require(!depths.isEmpty() && depths.size() <= 16, "there are " + depths.size() + " stages, 1 to 16 are possible");
        require(depths.stream().allMatch(d -> d >= 0), "depths has a negative entry: " + depths);
        long lastChannels = (long) embedDim << (depths.size() - 1);
        require(lastChannels <= MAX_CHANNELS, "the last stage would have more than 2^20 channels");
        require(nDiv >= 1 && nDiv <= embedDim, "nDiv is " + nDiv + ", 1 to embedDim (" + embedDim + ") are possible");
        require(mlpRatio > 0 && embedDim * mlpRatio >= 1, "mlpRatio is " + mlpRatio + ", which leaves no hidden channel");
        require(lastChannels * mlpRatio <= MAX_CHANNELS,
                "mlpRatio is " + mlpRatio + ", with which the last stage would have more than 2^20 hidden channels");
        require(detection ? featureDim == 0 && numClasses == 0 : featureDim >= 1 && numClasses >= 0,
                "featureDim " + featureDim + " and numClasses " + numClasses + " do not fit a "
                        + (detection ? "detection backbone" : "classifier"));
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new ShapeException("not a FasterNet configuration: " + otherwise);
        }
    }

    /** The same network with another non-linearity. */
    public FasterNetConfig withActivation(Activation other) {
        return new FasterNetConfig(inChannels, embedDim, depths, nDiv, mlpRatio, featureDim, numClasses, other, layerScale,
                patchNorm, detection);
    }

    /** The same without classes: the output is the head's hidden layer. */
    public FasterNetConfig withoutClasses() {
        return new FasterNetConfig(inChannels, embedDim, depths, nDiv, mlpRatio, featureDim, 0, activation, layerScale, patchNorm,
                detection);
    }

    /** @throws org.fasternet.error.ShapeException unless there is one label per class */
    public void requireLabels(List<String> labels) {
        if (labels.size() != numClasses) {
            throw new ShapeException(
                    labels.size() + " labels for a network of " + numClasses + " classes: one for each is needed");
        }
    }

    public int stages() {
        return depths.size();
    }

    /** Channels of stage {@code i}, counted from 0. */
    public int channels(int stage) {
        return embedDim << stage;
    }

    /** Channels that a block of stage {@code i} convolves with 3x3. */
    public int partialChannels(int stage) {
        return channels(stage) / nDiv;
    }

    /** Channels between the two pointwise convolutions of a block of stage {@code i}. */
    public int hiddenChannels(int stage) {
        return (int) (channels(stage) * mlpRatio);
    }
}
