package org.fasternet.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.layer.Chain;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pool;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;

/**
 * The scales of a checkpoint whose network can be computed in 8 bits, and where they come from; in a file, JSON in the header.
 *
 * @param method how ranges of activations were chosen
 * @param images how many calibrated them
 * @param calibration SHA-256 of these images as the network gets them
 * @param src of the normalised source
 * @param pool of the pooled features; empty for a detection backbone
 * @param matrices by the key of the weights without {@code .weight}; the first convolution's weights are stored in f32 and have no
 *     scales here
 */
public record StoredQuantization(String method, int images, String calibration, QuantizationParams src,
        Optional<QuantizationParams> pool, Map<String, MatrixScales> matrices) {
    /** The key of the {@code __metadata__} of a safetensors file whose value it is. */
    static final String METADATA_KEY = "fasternet.quantization";
    private static final String WEIGHT = ".weight";
    private static final String MATRICES = "matrices";

    public StoredQuantization {
        matrices = Map.copyOf(matrices);
    }

    /**
     * The scales in the order of a network's layers.
     *
     * @throws ShapeException if a layer has none
     */
    public Quantization of(List<NamedLayer> layers) {
        return new Quantization(src, layers.stream().map(this::of).toList());
    }

    private Quantization.Scales of(NamedLayer named) {
        if (named.layer() instanceof Pool) {
            return Quantization.Scales.of(pool.orElseThrow(() -> new ShapeException("pool has no scale in the header")));
        }
        List<MatrixScales> scales = new ArrayList<>();
        for (String key : Chain.keys(named)) {
            MatrixScales matrix = matrices.get(key);
            if (matrix == null) {
                throw new ShapeException(MalformedException.quote(key) + " has no scales in the header");
            }
            scales.add(named.layer() instanceof PatchConv conv && matrix.weights().length == 0
                    ? MatrixScales.ofLargest(conv.weights(), conv.bias(), src, matrix.sum(), matrix.activated()) : matrix);
        }
        return new Quantization.Scales(scales, scales.isEmpty() ? Optional.empty() : scales.get(scales.size() - 1).result());
    }

    /** Whether the weights of that name are stored as whole numbers. */
    boolean isStored(String weight) {
        return scale(weight).length > 0;
    }

    /** Of each output channel of the weights of that name; none if they are stored as they are. */
    float[] scale(String weight) {
        MatrixScales matrix = matrices.get(weight.replace(WEIGHT, ""));
        return weight.endsWith(WEIGHT) && matrix != null ? matrix.weights() : new float[0];
    }

    String json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("method", method);
        json.put("images", images);
        json.put("calibration", calibration);
        json.put("src", json(src));
        pool.ifPresent(affine -> json.put("pool", json(affine)));
        Map<String, Object> fields = new LinkedHashMap<>();
        matrices.keySet().stream().sorted().forEach(key -> fields.put(key, json(matrices.get(key))));
        json.put(MATRICES, fields);
        return Json.text(json);
    }

    private static Map<String, Object> json(MatrixScales matrix) {
        Map<String, Object> json = new LinkedHashMap<>();
        matrix.sum().ifPresent(affine -> json.put("sum", json(affine)));
        matrix.activated().ifPresent(affine -> json.put("activated", json(affine)));
        if (matrix.weights().length > 0) {
            json.put("weights", list(matrix.weights()));
            json.put("correction", list(matrix.correction()));
        }
        return json;
    }

    private static List<Object> list(float[] values) {
        List<Object> list = new ArrayList<>();
        for (float value : values) {
            list.add(value);
        }
        return list;
    }

    private static List<Object> json(QuantizationParams affine) {
        return List.of(affine.scale(), affine.zeroPoint());
    }

    /** Scales of weights by their names in the file, for reading them. */
    Map<String, float[]> weightScales() {
        Map<String, float[]> scales = new LinkedHashMap<>();
        matrices.forEach((key, matrix) -> {
            if (matrix.weights().length > 0) {
                scales.put(key + WEIGHT, matrix.weights());
            }
        });
        return scales;
    }

    /** What a header holds; empty if it says nothing of scales. */
    static Optional<StoredQuantization> read(Map<String, String> metadata) throws MalformedException {
        String json = metadata.get(METADATA_KEY);
        try {
            return json == null ? Optional.empty() : Optional.of(parse("the header", json));
        } catch (InvalidFileException e) {
            throw new MalformedException(e.getMessage());
        }
    }

    private static StoredQuantization parse(String source, String text) {
        JsonFields json = JsonFields.parse(source + ": " + METADATA_KEY, text);
        Map<String, MatrixScales> matrices = new LinkedHashMap<>();
        if (!(json.root().get(MATRICES) instanceof Map<?, ?> fields)) {
            throw json.fault(MATRICES + " is missing, an object is expected");
        }
        for (Map.Entry<?, ?> entry : fields.entrySet()) {
            String key = (String) entry.getKey();
            if (!(entry.getValue() instanceof Map<?, ?> matrix)) {
                throw json.fault(MalformedException.quote(key) + " is no object");
            }
            matrices.put(key, matrix(new JsonFields(json.source() + ": " + MalformedException.quote(key), matrix)));
        }
        return new StoredQuantization(
                json.get("", "method", JsonFields.Kind.TEXT).orElse("unknown"),
                json.get("", "images", JsonFields.Kind.INTEGER).orElse(0),
                json.get("", "calibration", JsonFields.Kind.TEXT).orElse("unknown"),
                affine(json, "src").orElseThrow(() -> json.fault("src is missing")),
                affine(json, "pool"),
                matrices);
    }

    private static MatrixScales matrix(JsonFields json) {
        float[] weights = floats(json, "weights").orElse(new float[0]);
        float[] correction = floats(json, "correction").orElse(new float[weights.length]);
        try {
            return new MatrixScales(weights, correction, affine(json, "sum"), affine(json, "activated"));
        } catch (ShapeException e) {
            throw json.fault(e.getMessage());
        }
    }

    private static Optional<float[]> floats(JsonFields json, String name) {
        return json.get("", name, JsonFields.Kind.listOf(JsonFields.Kind.NUMBER)).map(list -> {
            float[] values = new float[list.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = list.get(i).floatValue();
            }
            return values;
        });
    }

    private static Optional<QuantizationParams> affine(JsonFields json, String name) {
        return json.get("", name, JsonFields.Kind.listOf(JsonFields.Kind.NUMBER)).map(list -> {
            if (list.size() != 2 || list.get(1) != Math.rint(list.get(1))) {
                throw json.fault(name + " is " + list + ", [scale, zero point] is expected");
            }
            try {
                return new QuantizationParams(list.get(0).floatValue(), list.get(1).intValue());
            } catch (ShapeException e) {
                throw json.fault(name + " has " + e.getMessage());
            }
        });
    }
}
