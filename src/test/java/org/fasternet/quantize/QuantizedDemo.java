package org.fasternet.quantize;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.fasternet.DemoImages;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.internal.Buffers;

/** Makes the quantized model in the box: {@code QuantizedDemo FILE}. */
public final class QuantizedDemo {
    static final int IMAGES = 100;

    private QuantizedDemo() {}

    public static void main(String[] args) {
        quantize(RangeMethod.MSE).writeQuantized(Path.of(args[0]));
    }

    /** By the first of its test images. */
    static Checkpoint quantize(RangeMethod method) {
        Checkpoint demo = Checkpoint.demo();
        ImagePreprocessor preprocessor = new ImagePreprocessor(demo.preprocessing());
        try (Quantizer quantizer = new Quantizer(demo, method)) {
            for (Image image : DemoImages.images().subList(0, IMAGES)) {
                FloatBuffer values = Buffers.floats(quantizer.shape().elements());
                preprocessor.normalize(preprocessor.prepare(image), values);
                quantizer.calibrate(values.rewind());
            }
            return quantizer.quantize();
        }
    }
}
