package org.fasternet.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fasternet.image.Preprocessing;

/** What a model card says about images, in the words of timm's {@code pretrained_cfg}. */
public final class ImageFields {
    private ImageFields() {}

    /** Each value as JSON, by {@code input_size}, {@code mean}, {@code std}, {@code crop_pct} and so on, in this order. */
    public static Map<String, String> of(Preprocessing preprocessing, List<String> labels) {
        Map<String, String> fields = new LinkedHashMap<>();
        json(preprocessing, labels).fields()
                .forEachRemaining(field -> fields.put(field.getKey(), field.getValue().toString()));
        return fields;
    }

    static ObjectNode json(Preprocessing preprocessing, List<String> labels) {
        ObjectNode images = JsonNodeFactory.instance.objectNode();
        images.putArray("input_size").add(preprocessing.mean().size()).add(preprocessing.height()).add(preprocessing.width());
        preprocessing.mean().forEach(images.putArray("mean")::add);
        preprocessing.std().forEach(images.putArray("std")::add);
        images.put("crop_pct", preprocessing.cropFraction());
        images.put("interpolation", preprocessing.interpolation().name().toLowerCase(Locale.ROOT));
        labels.forEach(images.putArray("label_names")::add);
        return images;
    }
}
