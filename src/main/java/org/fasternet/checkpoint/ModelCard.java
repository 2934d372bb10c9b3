package org.fasternet.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.fasternet.checkpoint.JsonFields.Kind;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.image.Preprocessing;
import org.fasternet.image.Preprocessing.Interpolation;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;

/**
 * A config.json, or its equal in a safetensors header: what the weights cannot say, and what they say as well, which must then
 * agree. The model's arguments stand under {@code model_args}, as timm writes them, or at the top; what concerns the images,
 * under {@code pretrained_cfg} or at the top. All of it may be absent, and other fields are not looked at.
 *
 * @param name what the user knows it as
 */
record ModelCard(String name, JsonFields fields) {
    /** The key of the {@code __metadata__} of a safetensors file whose value is a model card. */
    static final String METADATA_KEY = "fasternet";
    private static final String FILE_NAME = "config.json";
    private static final String MODEL = "model_args";
    private static final String IMAGES = "pretrained_cfg";
    /** The 21,841 labels of the full ImageNet take 1 MB. */
    private static final int MAX_BYTES = 4 << 20;

    /**
     * The first there is of: the given one, that in the checkpoint's header, the config.json beside it, an empty one.
     *
     * @param file the checkpoint's; empty: it has nothing beside it
     * @param checkpoint what the user knows it as
     */
    static ModelCard find(Optional<ModelCard> given, StateDict dict, Optional<Path> file, String checkpoint) {
        // The header belongs to this checkpoint for certain; a config.json may be there for another one in the same folder.
        return given
                .or(() -> inHeader(dict.metadata(), checkpoint))
                .or(() -> file.map(path -> path.resolveSibling(FILE_NAME)).filter(Files::isRegularFile).map(ModelCard::read))
                .orElseGet(ModelCard::empty);
    }

    private static Optional<ModelCard> inHeader(Map<String, String> metadata, String checkpoint) {
        return Optional.ofNullable(metadata.get(METADATA_KEY))
                .map(header -> parse("the file's header", checkpoint + ": " + METADATA_KEY + " in the header", header));
    }

    static ModelCard read(Path path) {
        String json = InputFile.read(path, size -> {
            if (size > MAX_BYTES) {
                throw new MalformedException("has " + size + " bytes, at most " + MAX_BYTES + " are expected");
            }
            return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        });
        return parse(path.getFileName().toString(), path.toString(), json);
    }

    static ModelCard parse(String name, String source, String json) {
        return new ModelCard(name, JsonFields.parse(source, json));
    }

    static ModelCard empty() {
        return new ModelCard("nothing", new JsonFields("nothing", Map.of()));
    }

    /** The card that {@link #find} reads back from a header: only what the weights cannot say. */
    static String json(Activation activation, Preprocessing preprocessing, List<String> labels) {
        Map<String, Object> card = new LinkedHashMap<>();
        card.put(MODEL, Map.of("act_layer", activation.id()));
        card.put(IMAGES, ImageFields.json(preprocessing, labels));
        return Json.text(card);
    }

    Optional<Activation> activation() {
        try {
            return fields.get(MODEL, "act_layer", Kind.TEXT).map(Activation::parse);
        } catch (UnsupportedException e) {
            throw fields.fault("act_layer: " + e.getMessage());
        }
    }

    /**
     * Compares what the card says with what the weights say.
     *
     * @param folded whether the weights no longer show if there was a layer scale
     */
    void checkAgainst(FasterNetConfig config, boolean folded) {
        agree("in_chans", Kind.INTEGER, config.inChannels());
        agree("embed_dim", Kind.INTEGER, config.embedDim());
        agree("depths", Kind.listOf(Kind.INTEGER), config.depths());
        agree("patch_norm", Kind.FLAG, config.patchNorm());
        agree("fork_feat", Kind.FLAG, config.detection());
        if (!folded) {
            agree("layer_scale", Kind.FLAG, config.layerScale());
        }
        // The published code takes both for a detection backbone too, and ignores them.
        if (!config.detection()) {
            agree("feature_dim", Kind.INTEGER, config.featureDim());
            agree("num_classes", Kind.INTEGER, config.numClasses());
        }
        // Several values of these two make the same network.
        Optional<Integer> nDiv = fields.get(MODEL, "n_div", Kind.INTEGER);
        agree("n_div", nDiv, config.nDiv(), nDiv.isEmpty() || nDiv.get() > 0);
        Optional<Double> ratio = fields.get(MODEL, "mlp_ratio", Kind.NUMBER);
        for (int stage = 0; stage < config.stages(); stage++) {
            if (config.depths().get(stage) > 0) {
                int channels = config.channels(stage);
                agree("n_div", nDiv, config.nDiv(), nDiv.isEmpty() || channels / nDiv.get() == config.partialChannels(stage));
                agree("mlp_ratio", ratio, config.mlpRatio(),
                        ratio.isEmpty() || (int) (channels * ratio.get()) == config.hiddenChannels(stage));
            }
        }
    }

    private <T> void agree(String argument, Kind<T> kind, T inWeights) {
        Optional<T> said = fields.get(MODEL, argument, kind);
        agree(argument, said, inWeights, said.isEmpty() || said.get().equals(inWeights));
    }

    private <T> void agree(String argument, Optional<T> said, T inWeights, boolean fits) {
        if (!fits) {
            throw fields.fault(
                    argument + " is " + said.get() + ", but the weights are those of a network with " + inWeights);
        }
    }

    /** What the card says about images; {@link Preprocessing#imagenet} where it is silent. */
    Preprocessing preprocessing(int channels) {
        Preprocessing published = Preprocessing.imagenet(channels);
        List<Integer> size = fields.get(IMAGES, "input_size", Kind.listOf(Kind.INTEGER))
                .orElse(List.of(channels, published.height(), published.width()));
        if (size.size() != 3 || size.get(0) != channels) {
            throw fields.fault("input_size is " + size + ", [" + channels + ", height, width] is expected");
        }
        List<Double> mean = fields.get(IMAGES, "mean", Kind.listOf(Kind.NUMBER)).orElse(published.mean());
        if (mean.size() != channels) {
            throw fields.fault("mean has " + mean.size() + " values, the network has " + channels + " input channels");
        }
        try {
            return new Preprocessing(size.get(1), size.get(2), mean,
                    fields.get(IMAGES, "std", Kind.listOf(Kind.NUMBER)).orElse(published.std()),
                    fields.get(IMAGES, "crop_pct", Kind.NUMBER).orElse(published.cropFraction()),
                    fields.get(IMAGES, "interpolation", Kind.TEXT).map(this::interpolation).orElse(published.interpolation()));
        } catch (ShapeException e) {
            throw fields.fault(e.getMessage());
        }
    }

    private Interpolation interpolation(String id) {
        return switch (id.toLowerCase(Locale.ROOT)) {
            case "bilinear" -> Interpolation.BILINEAR;
            case "bicubic" -> Interpolation.BICUBIC;
            default -> throw fields.fault(
                    "interpolation is " + MalformedException.quote(id) + ", bilinear or bicubic is expected");
        };
    }

    /** One label per class, or none at all; a network without classes has no use for any. */
    List<String> labels(int classes) {
        List<String> labels = fields.get(IMAGES, "label_names", Kind.listOf(Kind.TEXT)).orElse(List.of());
        if (classes == 0) {
            return List.of();
        }
        if (!labels.isEmpty() && labels.size() != classes) {
            throw fields.fault("label_names has " + labels.size() + " entries, the network has " + classes + " classes");
        }
        return labels;
    }
}
