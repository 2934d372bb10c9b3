package org.fasternet.checkpoint;

import static org.fasternet.checkpoint.Size.channels;
import static org.fasternet.checkpoint.Size.fixed;
import static org.fasternet.checkpoint.Size.hiddenChannels;
import static org.fasternet.checkpoint.Size.partialChannels;

import java.util.ArrayList;
import java.util.List;
import org.fasternet.checkpoint.Parameter.Role;
import org.fasternet.checkpoint.ParameterGroup.Norm;
import org.fasternet.checkpoint.ParameterGroup.NormalizedConvolution;
import org.fasternet.checkpoint.ParameterGroup.Plain;
import org.fasternet.checkpoint.ParameterGroup.ScaledConvolution;
import org.fasternet.layer.FasterNetConfig;

/**
 * Which parameters a network has, apart from their sizes, under the names of the published model code. Inferring sizes, checking,
 * folding, counting and random weights all go through {@link #groups()}, so that the naming scheme is written down once.
 *
 * @param depths blocks in each stage
 * @param patchNorm whether batch normalisation follows the patch embedding
 * @param layerScale whether blocks have a layer scale
 * @param detection whether there is a normalisation per stage, and no head
 * @param classes whether the head ends in a linear layer
 * @param folded whether batch normalisation and layer scale have been folded away
 */
record Structure(
        List<Integer> depths, boolean patchNorm, boolean layerScale, boolean detection, boolean classes, boolean folded) {

    /** The structure of an unfolded network. */
    static Structure of(FasterNetConfig config) {
        return new Structure(config.depths(), config.patchNorm(), config.layerScale(), config.detection(),
                config.numClasses() > 0, false);
    }

    /** The same network with batch normalisation and layer scale folded away. */
    Structure withoutNorms() {
        return new Structure(depths, patchNorm, layerScale, detection, classes, true);
    }

    /** Every parameter as the state dict has it, from the input of the network to its output. */
    List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        for (ParameterGroup group : groups()) {
            parameters.addAll(folded ? group.folded() : group.trained());
        }
        return parameters;
    }

    List<ParameterGroup> groups() {
        List<ParameterGroup> groups = new ArrayList<>();
        groups.add(patchEmbedding());
        for (int stage = 0; stage < depths.size(); stage++) {
            if (stage > 0) {
                groups.add(merging(stage));
            }
            for (int block = 0; block < depths.get(stage); block++) {
                addBlock(groups, "stages." + 2 * stage + ".blocks." + block, stage);
            }
            if (detection) {
                groups.add(new Norm("norm" + 2 * stage, channels(stage)));
            }
        }
        if (!detection) {
            groups.add(new Plain(weight("avgpool_pre_head.1", List.of(
                    Size.FEATURES, channels(depths.size() - 1), fixed(1), fixed(1)))));
        }
        if (classes) {
            groups.add(new Plain(weight("head", List.of(Size.CLASSES, Size.FEATURES)),
                    new Parameter("head.bias", Role.BIAS, List.of(Size.CLASSES))));
        }
        return groups;
    }

    private ParameterGroup patchEmbedding() {
        String name = "patch_embed.proj";
        List<Size> sizes = List.of(channels(0), Size.IN_CHANNELS, fixed(4), fixed(4));
        return patchNorm
                ? new NormalizedConvolution(name, sizes, new Norm("patch_embed.norm", channels(0)))
                : new Plain(weight(name, sizes));
    }

    private static ParameterGroup merging(int stage) {
        String name = "stages." + (2 * stage - 1);
        List<Size> sizes = List.of(channels(stage), channels(stage - 1), fixed(2), fixed(2));
        return new NormalizedConvolution(name + ".reduction", sizes, new Norm(name + ".norm", channels(stage)));
    }

    private void addBlock(List<ParameterGroup> groups, String name, int stage) {
        Size channels = channels(stage);
        Size partial = partialChannels(stage);
        Size hidden = hiddenChannels(stage);
        groups.add(new Plain(weight(name + ".spatial_mixing.partial_conv3", List.of(partial, partial, fixed(3), fixed(3)))));
        groups.add(new NormalizedConvolution(
                name + ".mlp.0", List.of(hidden, channels, fixed(1), fixed(1)), new Norm(name + ".mlp.1", hidden)));
        Parameter projection =
                new Parameter(name + ".mlp.3.weight", Role.PROJECTION, List.of(channels, hidden, fixed(1), fixed(1)));
        groups.add(layerScale
                ? new ScaledConvolution(
                        projection, new Parameter(name + ".layer_scale", Role.LAYER_SCALE, List.of(channels)))
                : new Plain(projection));
    }

    private static Parameter weight(String name, List<Size> sizes) {
        return new Parameter(name + ".weight", Role.WEIGHT, sizes);
    }
}
