package org.fasternet.checkpoint;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.fasternet.checkpoint.Size.Counts;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;

/**
 * Finds the configuration that a state dict with published names was made with: its structure from the keys, its sizes from the
 * shapes. Where tensors contradict each other the majority counts, so that {@link KeyCheck} names the odd one out.
 */
final class Inference {
    private static final int MAX_STAGES = 16;

    private Inference() {}

    /**
     * What the keys say. Stages and blocks are counted, not numbered: a gap then shows up as a missing key beside a surplus one,
     * and a number however large costs nothing.
     */
    static Structure structure(Set<String> keys) {
        List<Integer> depths = depths(keys);
        int blocks = 0;
        for (int depth : depths) {
            blocks += depth;
        }
        int stageNorms = 0;
        int headKeys = 0;
        int layerScales = 0;
        boolean patchNorm = false;
        boolean classes = false;
        boolean batchNorms = false;
        for (String key : keys) {
            stageNorms += NumberedKey.after("norm", key).isPresent() ? 1 : 0;
            headKeys += key.startsWith("avgpool_pre_head.") || key.startsWith("head.") ? 1 : 0;
            layerScales += key.endsWith(".layer_scale") ? 1 : 0;
            patchNorm |= key.startsWith("patch_embed.norm.") || key.equals("patch_embed.proj.bias");
            classes |= key.startsWith("head.");
            batchNorms |= key.endsWith(".running_mean") || key.endsWith(".running_var") || key.contains(".mlp.1.");
        }
        boolean detection = stageNorms > headKeys;
        return new Structure(depths, patchNorm, 2 * layerScales > blocks, detection, !detection && classes, !batchNorms);
    }

    private static List<Integer> depths(Set<String> keys) {
        Set<Integer> mergings = new TreeSet<>();
        Map<Integer, Set<Integer>> blocks = new TreeMap<>();
        for (String key : keys) {
            Optional<NumberedKey> stage = NumberedKey.stage(key);
            if (stage.isEmpty()) {
                continue;
            }
            int number = stage.get().number();
            Optional<NumberedKey> block = NumberedKey.after("blocks.", stage.get().rest());
            if (block.isPresent()) {
                blocks.computeIfAbsent(number, stages -> new TreeSet<>()).add(block.get().number());
            } else if (number % 2 == 1) {
                mergings.add(number);
            }
        }
        if (mergings.size() >= MAX_STAGES) {
            throw new ShapeException("keys name " + mergings.size() + " mergings between stages, at most " + (MAX_STAGES - 1)
                    + " are possible");
        }
        List<Integer> depths = new ArrayList<>();
        for (int stage = 0; stage <= mergings.size(); stage++) {
            depths.add(blocks.getOrDefault(2 * stage, Set.of()).size());
        }
        return depths;
    }

    /** What the shapes say, with the published activation. All keys of {@code structure} are there; ranks may be wrong. */
    static FasterNetConfig config(Structure structure, Map<String, Tensor> weights) {
        Map<Size, Integer> sizes = sizes(structure, weights);
        ToIntFunction<Size> size = wanted -> sizes.getOrDefault(wanted, 1);
        int embedDim = size.applyAsInt(Size.channels(0));
        int deepest = deepestStageWithBlocks(structure.depths());
        long channels = (long) embedDim << deepest;
        int nDiv = nDiv(channels, size.applyAsInt(Size.partialChannels(deepest)));
        return new FasterNetConfig(
                size.applyAsInt(Size.IN_CHANNELS),
                embedDim,
                structure.depths(),
                // More would be no configuration; so it is one, and a tensor that doesn't fit it is named.
                Math.min(nDiv, embedDim),
                mlpRatio(channels, size.applyAsInt(Size.hiddenChannels(deepest))),
                structure.detection() ? 0 : size.applyAsInt(Size.FEATURES),
                structure.classes() ? size.applyAsInt(Size.CLASSES) : 0,
                Activation.published(embedDim),
                structure.layerScale(),
                structure.patchNorm(),
                structure.detection());
    }

    /** The most frequent value above 0 of each size; among equals, the earliest. Any stage's channels count as the first's. */
    private static Map<Size, Integer> sizes(Structure structure, Map<String, Tensor> weights) {
        Map<Size, Map<Integer, Integer>> votes = new HashMap<>();
        for (Parameter parameter : structure.parameters()) {
            Tensor tensor = weights.get(parameter.key());
            for (int axis = 0; axis < tensor.rank() && tensor.rank() == parameter.sizes().size(); axis++) {
                Size size = parameter.sizes().get(axis);
                int value = tensor.dim(axis);
                if (size.counts() == Counts.CHANNELS) {
                    value >>= size.index();
                    size = Size.channels(0);
                }
                if (value > 0) {
                    votes.computeIfAbsent(size, s -> new LinkedHashMap<>()).merge(value, 1, Integer::sum);
                }
            }
        }
        Map<Size, Integer> sizes = new HashMap<>();
        for (Map.Entry<Size, Map<Integer, Integer>> counts : votes.entrySet()) {
            sizes.put(counts.getKey(), mostFrequent(counts.getValue()));
        }
        return sizes;
    }

    private static int mostFrequent(Map<Integer, Integer> counts) {
        int best = 0;
        int most = 0;
        for (Map.Entry<Integer, Integer> count : counts.entrySet()) {
            if (count.getValue() > most) {
                best = count.getKey();
                most = count.getValue();
            }
        }
        return best;
    }

    /** The first stage where there are no blocks at all, so that nothing is known of their sizes. */
    private static int deepestStageWithBlocks(List<Integer> depths) {
        int stage = depths.size() - 1;
        while (stage > 0 && depths.get(stage) == 0) {
            stage--;
        }
        return stage;
    }

    /**
     * The smallest n with {@code channels / n == partial}. The deepest stage decides for all: an earlier one has a 2^k-th of its
     * channels, and floor(floor(c / n) / 2^k) = floor(c / 2^k / n).
     */
    private static int nDiv(long channels, int partial) {
        return (int) (channels / (partial + 1L)) + 1;
    }

    /**
     * The shortest decimal r with {@code (int) (channels * r) == hidden}; as with {@link #nDiv} the deepest stage decides for
     * all. Such r make up an interval of length 1 / channels, which has a decimal of 7 digits up to the 2^20 channels that a
     * configuration can have.
     */
    private static double mlpRatio(long channels, int hidden) {
        BigDecimal least = BigDecimal.valueOf((double) hidden / channels);
        for (int digits = 0; digits <= 7; digits++) {
            BigDecimal shortest = least.setScale(digits, RoundingMode.CEILING);
            // Where the bound itself is that short, its product may round to below hidden, as 100 * 0.57 does.
            for (BigDecimal ratio : List.of(shortest, shortest.add(shortest.ulp()))) {
                if ((int) (channels * ratio.doubleValue()) == hidden) {
                    return ratio.doubleValue();
                }
            }
        }
        return least.doubleValue();
    }
}
