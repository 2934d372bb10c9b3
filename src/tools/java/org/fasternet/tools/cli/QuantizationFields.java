package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.fasternet.checkpoint.StoredQuantization;
import org.fasternet.quantize.QuantizationReport;

/**
 * What is told of a quantized network: where its scales come from, and how faithful it is.
 *
 * @param scales its scales
 */
record QuantizationFields(StoredQuantization scales) {
    String sentence() {
        return "ranges by " + scales.method() + " of " + scales.images() + " images, SHA-256 " + scales.calibration();
    }

    void json(ObjectNode root) {
        root.put("method", scales.method()).put("images", scales.images()).put("calibration", scales.calibration());
    }

    static void print(QuantizationReport report, int worst, TextFields text) {
        if (report.images().isEmpty()) {
            text.field("tried on", "nothing: there were no images beside those that calibrated");
            return;
        }
        text.field("tried on", report.images().size() + " other images");
        text.field("cosine", TextTable.format("of outputs with f32's: mean %.5f, least %.5f", report.meanCosine(), report.leastCosine()));
        report.agreement().ifPresent(part -> text.field("agreement", TextTable.format("%.2f %% have the same first class", 100 * part)));
        report.int8Accuracy().ifPresent(part -> text.field("top-1", TextTable.format("%.2f %% right (f32: %.2f %%)",
                100 * part, 100 * report.f32Accuracy().orElseThrow())));
        text.field("worst layers", report.worst(worst).stream()
                .map(layer -> TextTable.format("%s (%.1f dB)", layer.layer(), layer.decibels())).collect(Collectors.joining(", ")));
    }

    static void json(QuantizationReport report, ObjectNode root) {
        root.put("images", report.images().size());
        if (report.images().isEmpty()) {
            return;
        }
        root.put("meanCosine", report.meanCosine()).put("leastCosine", report.leastCosine());
        put(root, "agreement", report.agreement());
        put(root, "int8Accuracy", report.int8Accuracy());
        put(root, "f32Accuracy", report.f32Accuracy());
        ArrayNode layers = root.putArray("layers");
        report.layers().forEach(layer -> layers.addObject().put("layer", layer.layer()).put("sqnrDecibels", layer.decibels()));
        ArrayNode worst = root.putArray("worst");
        report.worst(5).forEach(layer -> worst.add(layer.layer()));
        ArrayNode cosines = root.putArray("cosines");
        report.images().forEach(image -> cosines.add(image.cosine()));
    }

    private static void put(ObjectNode root, String name, OptionalDouble value) {
        value.ifPresent(number -> root.put(name, number));
    }
}
