package org.fasternet.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fasternet.image.Preprocessing;
import org.fasternet.internal.io.Json;

/** What a model card says about images, in the words of timm's {@code pretrained_cfg}. */
public final class ImageFields {
    private ImageFields() {}

    /** Each value as JSON, by {@code input_size}, {@code mean}, {@code std}, {@code crop_pct} and so on, in this order. */
    public static Map<String, String> of(Preprocessing preprocessing, List<String> labels) {
        Map<String, String> fields = new LinkedHashMap<>();
        json(preprocessing, labels).forEach((name, value) -> fields.put(name, Json.text(value)));
        return fields;
    }

    static Map<String, Object> json(Preprocessing preprocessing, List<String> labels) {
        Map<String, Object> images = new LinkedHashMap<>();
        images.put("input_size", List.of(preprocessing.mean().size(), preprocessing.height(), preprocessing.width()));
        images.put("mean", preprocessing.mean());
        images.put("std", preprocessing.std());
        images.put("crop_pct", preprocessing.cropFraction());
        images.put("interpolation", preprocessing.interpolation().name().toLowerCase(Locale.ROOT));
        images.put("label_names", labels);
        return images;
    }
}
