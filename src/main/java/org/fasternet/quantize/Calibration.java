package org.fasternet.quantize;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.Kernel;
import org.fasternet.SessionOptions;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Chain;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.Shape;

/**
 * Runs a network in f32 layer by layer, a block in its three parts, and looks at every tensor that is to be stored in 8 bits.
 * Tensors have the key of the weights that make them, with {@link #SUM} before an activation that is a table; the source and the
 * pool have names of their own.
 */
final class Calibration implements AutoCloseable {
    static final String SRC = "src";
    static final String POOL = "pool";
    static final String SUM = ".sum";

    /** One kernel's run, from a buffer to the next. */
    private record Part(Kernel kernel, FloatBuffer src, FloatBuffer dst, String key) {}

    private final List<Part> parts = new ArrayList<>();
    private final Map<String, Observed> observed = new LinkedHashMap<>();
    private final Shape shape;
    private final FloatBuffer src;
    private final SessionOptions options;
    private float[] values = {};

    /**
     * @param layers of a network, batch normalisation folded
     * @param shape of the source, one image
     */
    Calibration(List<NamedLayer> layers, Shape shape) {
        this.shape = shape;
        options = SessionOptions.defaults();
        src = Buffers.floats(shape.elements());
        observed.put(SRC, new Observed(shape.c()));
        FloatBuffer x = src;
        Shape read = shape;
        try {
            for (NamedLayer named : layers) {
                Shape dst = named.layer().dst(read);
                x = add(named, read, dst, x);
                read = dst;
            }
        } catch (Throwable failure) {
            close();
            throw failure;
        }
    }

    /** Returns the layer's result. */
    private FloatBuffer add(NamedLayer named, Shape read, Shape made, FloatBuffer x) {
        List<String> keys = Chain.keys(named);
        Layer layer = named.layer();
        if (layer instanceof Block block) {
            return addBlock(block, keys, read, x);
        } else if (layer instanceof Pointwise pointwise) {
            return addPointwise(pointwise, keys.get(0), read, x);
        } else if (layer instanceof FeatureTap) {
            return x;
        }
        return part(layer, read, x, Buffers.floats(made.elements()), made.c(), keys.isEmpty() ? named.name() : keys.get(0));
    }

    private FloatBuffer addBlock(Block block, List<String> keys, Shape read, FloatBuffer x) {
        FloatBuffer convolved = part(block.partial(), read, x, Buffers.floats(read.elements()), read.c(), keys.get(0));
        Pointwise expand = new Pointwise(block.expand(), block.bias(), Optional.of(block.activation()), false);
        addPointwise(expand, keys.get(1), read, convolved);
        // The whole block anew: what its last part is added to is not what that part reads.
        return part(block, read, x, Buffers.floats(read.elements()), read.c(), keys.get(2));
    }

    private FloatBuffer addPointwise(Pointwise pointwise, String key, Shape read, FloatBuffer x) {
        Shape made = pointwise.dst(read);
        if (pointwise.activation().equals(Optional.of(Activation.GELU))) {
            part(new Pointwise(pointwise.weights(), pointwise.bias(), Optional.empty(), false), read, x,
                    Buffers.floats(made.elements()), made.c(), key + SUM);
        }
        return part(pointwise, read, x, Buffers.floats(made.elements()), made.c(), key);
    }

    private FloatBuffer part(Layer layer, Shape read, FloatBuffer x, FloatBuffer dst, int channels, String key) {
        parts.add(new Part(Kernel.compile(layer, read, options), x, dst, key));
        observed.put(key, new Observed(channels));
        return dst;
    }

    /** @param image one, normalised, channel by channel */
    void add(FloatBuffer image) {
        int pixels = shape.h() * shape.w();
        for (int c = 0; c < shape.c(); c++) {
            for (int i = 0; i < pixels; i++) {
                src.put(i * shape.c() + c, image.get(image.position() + c * pixels + i));
            }
        }
        look(SRC, src);
        for (Part part : parts) {
            part.kernel.run(part.src, part.dst);
            look(part.key, part.dst);
        }
    }

    private void look(String key, FloatBuffer tensor) {
        int count = tensor.capacity();
        if (values.length < count) {
            values = new float[count];
        }
        tensor.get(0, values, 0, count);
        observed.get(key).add(values, count);
    }

    /** @throws ShapeException if a tensor had a value that is none */
    void requireFinite() {
        observed.forEach((key, tensor) -> {
            if (!tensor.isFinite()) {
                throw new ShapeException(key + ": its result is NaN or infinite on an image of calibration; look at the weights");
            }
        });
    }

    Observed of(String key) {
        return observed.get(key);
    }

    @Override
    public void close() {
        parts.forEach(part -> part.kernel.close());
    }
}
