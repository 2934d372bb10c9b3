package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.StateOrigin;
import org.fasternet.image.Preprocessing;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;

/**
 * What a model is.
 *
 * @param name what the user knows it by
 * @param src the input
 * @param multiplyAdds of one run
 */
record ModelReport(String name, Checkpoint checkpoint, Shape src, long multiplyAdds) {
    private static final int LABELS_SHOWN = 10;

    void print(PrintWriter out) {
        FasterNetConfig config = checkpoint.config();
        Preprocessing images = checkpoint.preprocessing();
        TextFields fields = new TextFields(out);
        fields.field("model", name);
        StateOrigin origin = checkpoint.origin();
        if (!origin.place().isEmpty()) {
            fields.field("found at", MalformedException.quote(origin.place()));
        }
        if (!origin.others().isEmpty()) {
            fields.field("not taken", origin.others().stream().map(MalformedException::quote).collect(Collectors.joining(", ")));
        }
        if (!origin.leftOut().isEmpty()) {
            fields.field("left out", origin.leftOutText());
        }
        fields.field("network", "embed_dim " + config.embedDim()
                + ", depths " + config.depths().stream().map(String::valueOf).collect(Collectors.joining(" "))
                + ", n_div " + config.nDiv()
                + ", mlp_ratio " + config.mlpRatio()
                + (config.detection() ? "" : ", feature_dim " + config.featureDim())
                + (config.layerScale() ? ", layer scale" : "")
                + (config.patchNorm() ? "" : ", no patch norm"));
        fields.field("activation", checkpoint.activationSource());
        checkpoint.quantization().ifPresent(scales -> fields.field("quantized", new QuantizationFields(scales).sentence()));
        fields.field("input", src + ", " + interpolation() + ", crop " + images.cropFraction()
                + ", mean " + images.mean() + ", std " + images.std());
        fields.field("output", output());
        fields.field("parameters", TextTable.format("%,d", checkpoint.parameterCount()));
        fields.field("multiply-adds", TextTable.format("%,d", multiplyAdds));
    }

    private String interpolation() {
        return checkpoint.preprocessing().interpolation().name().toLowerCase(Locale.ROOT);
    }

    private String output() {
        FasterNetConfig config = checkpoint.config();
        if (config.detection()) {
            return config.stages() + " feature maps, a detection backbone's";
        }
        if (config.numClasses() == 0) {
            return config.featureDim() + " features";
        }
        List<String> labels = checkpoint.labels();
        return config.numClasses() + " classes" + (labels.isEmpty() ? ", without labels" : ": "
                + String.join(", ", labels.subList(0, Math.min(LABELS_SHOWN, labels.size())))
                + (labels.size() > LABELS_SHOWN ? "..." : ""));
    }

    ObjectNode json() {
        FasterNetConfig config = checkpoint.config();
        Preprocessing images = checkpoint.preprocessing();
        ObjectNode root = Json.object()
                .put("name", name)
                .put("inChannels", config.inChannels())
                .put("embedDim", config.embedDim());
        StateOrigin origin = checkpoint.origin();
        root.put("place", origin.place());
        origin.others().forEach(root.putArray("notTaken")::add);
        origin.leftOut().forEach(root.putObject("leftOut")::put);
        config.depths().forEach(root.putArray("depths")::add);
        root.put("nDiv", config.nDiv())
                .put("mlpRatio", config.mlpRatio())
                .put("featureDim", config.featureDim())
                .put("numClasses", config.numClasses())
                .put("layerScale", config.layerScale())
                .put("patchNorm", config.patchNorm())
                .put("detection", config.detection())
                .put("activation", config.activation().id())
                .put("activationSource", checkpoint.activationSource())
                .put("parameters", checkpoint.parameterCount())
                .put("multiplyAdds", multiplyAdds);
        checkpoint.quantization().ifPresent(scales -> new QuantizationFields(scales).json(root.putObject("quantization")));
        root.set("input", Json.shape(src));
        root.put("interpolation", interpolation()).put("cropFraction", images.cropFraction());
        images.mean().forEach(root.putArray("mean")::add);
        images.std().forEach(root.putArray("std")::add);
        checkpoint.labels().forEach(root.putArray("labels")::add);
        return root;
    }
}
