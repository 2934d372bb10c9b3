package org.fasternet.quantize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.StoredQuantization;
import org.fasternet.error.ShapeException;
import org.fasternet.layer.Chain;
import org.fasternet.layer.NamedLayer;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * Quantizes a trained network without training it further: weights per output channel, symmetric; activations per tensor, by what
 * they are on images of calibration; what the rounding of weights changes on average is taken back by a correction per output.
 *
 * <pre>{@code
 * Quantizer quantizer = new Quantizer(Checkpoint.read(path), RangeMethod.MSE);
 * for (FloatBuffer image : images) {
 *     quantizer.calibrate(image);
 * }
 * Checkpoint quantized = quantizer.quantize();
 * Session session = FasterNet.of(quantized).session(SessionOptions.defaults().withPrecision(Precision.INT8));
 * }</pre>
 *
 * <p>For one thread at a time. Holds native memory until {@link #close}.
 */
public final class Quantizer implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final RangeMethod method;
    private final List<NamedLayer> layers;
    private final Shape shape;
    private final Calibration calibration;
    private final MessageDigest digest = sha256();
    private int images;

    /**
     * @param checkpoint trained, not quantized
     * @throws ShapeException if it is quantized already
     */
    public Quantizer(Checkpoint checkpoint, RangeMethod method) {
        if (checkpoint.quantization().isPresent()) {
            throw new ShapeException(checkpoint.source() + ": is quantized already; quantize the network that it was made of");
        }
        this.checkpoint = checkpoint;
        this.method = method;
        layers = Chain.of(checkpoint.config(), checkpoint.folded());
        shape = new Shape(
                1, checkpoint.config().inChannels(), checkpoint.preprocessing().height(), checkpoint.preprocessing().width());
        calibration = new Calibration(layers, shape);
    }

    /** Of an image: 1 x C x H x W, of the checkpoint's preprocessing. */
    public Shape shape() {
        return shape;
    }

    /**
     * Looks at the network's tensors for one image. Some 100 that are like those to come are enough.
     *
     * @param image normalised, {@link #shape} values in NCHW order from the buffer's position on
     * @throws ShapeException if there are fewer values, or one is NaN or infinite
     */
    public void calibrate(FloatBuffer image) {
        if (image.remaining() < shape.elements()) {
            throw new ShapeException("an image of " + image.remaining() + " values, " + shape.elements() + " are expected for " + shape);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * (int) shape.elements()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < shape.elements(); i++) {
            float value = image.get(image.position() + i);
            if (!Float.isFinite(value)) {
                throw new ShapeException("an image has the value " + value + ": calibration needs finite ones");
            }
            bytes.putFloat(value);
        }
        digest.update(bytes.array());
        calibration.add(image);
        images++;
    }

    /**
     * The network with scales, by all images so far. Weights, but those of the first convolution, are what their rounding leaves of
     * them, so that it is another network in f32, too.
     *
     * @throws ShapeException if there was no image, or a weight or an activation is NaN or infinite: its layer is named
     */
    public Checkpoint quantize() {
        if (images == 0) {
            throw new ShapeException("no image to calibrate with: at least one is needed, some 100 are good");
        }
        calibration.requireFinite();
        ScaleChooser chooser = new ScaleChooser(calibration, method);
        chooser.choose(layers);
        Map<String, Tensor> weights = new LinkedHashMap<>(checkpoint.folded());
        chooser.stored().forEach((key, tensor) ->
                weights.computeIfPresent(key + ".weight", (name, f32) -> tensor.withShape(f32.shape())));
        return checkpoint.quantized(weights, new StoredQuantization(method.id(), images, fingerprint(), chooser.src(),
                chooser.pool(), chooser.matrices()));
    }

    private String fingerprint() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        calibration.close();
    }
}
