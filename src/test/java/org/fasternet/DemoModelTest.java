package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.fasternet.array.Npy;
import org.fasternet.backend.Backends;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The model in the box on its 1,000 test images, against PyTorch's logits and the accuracy that its README states. */
class DemoModelTest {
    private static final int PYTORCH_RIGHT = 921;
    private static final int CLASSES = 10;
    private static final int BATCH = 8;
    /** A network this small gains nothing from a second thread. */
    private static final SessionOptions OPTIONS = SessionOptions.defaults().withThreads(1);

    private final FasterNet model = FasterNet.demo();
    private final ImagePreprocessor preprocessor = new ImagePreprocessor(model.preprocessing());
    private final List<Image> images = DemoImages.images();
    private final byte[] classes = DemoImages.classes();
    private final Tensor expected = Npy.read(DemoImages.file("test-logits.npy"));

    @Test
    void isTheNetworkThatItsReadmeDescribes() {
        assertEquals(
                new FasterNetConfig(1, 24, List.of(1, 2, 3, 1), 4, 2, 192, CLASSES, Activation.RELU, false, true, false),
                model.config());
        assertEquals("T-shirt/top", model.labels().get(0));
        assertEquals("Ankle boot", model.labels().get(9));
        assertEquals(56, model.preprocessing().height());
    }

    @Test
    void logitsFromNormalisedFloatsAreThoseOfPyTorch() {
        FloatBuffer src = Golden.floats(BATCH * 56 * 56);
        FloatBuffer dst = Golden.floats(BATCH * CLASSES);
        FloatBuffer logits = FloatBuffer.allocate(expected.elements());
        try (Session session = model.session(OPTIONS.withBatch(BATCH))) {
            for (int i = 0; i < images.size(); i += BATCH) {
                images.subList(i, i + BATCH).forEach(image -> preprocessor.normalize(preprocessor.prepare(image), src));
                session.run(src.rewind(), dst);
                logits.put(Golden.array(dst));
            }
        }
        Golden.assertClose(expected.data(), logits.array(), Golden.F32_TOLERANCE);
        assertEquals(PYTORCH_RIGHT, right(logits.array()));
    }

    @Test
    void logitsFromPixelsAreThoseOfPyTorch() {
        float[] logits = logitsFromPixels(Precision.F32);
        Golden.assertClose(expected.data(), logits, Golden.F32_TOLERANCE);
        assertEquals(PYTORCH_RIGHT, right(logits));
    }

    /** bf16 moves logits by 3 % at most: images whose two best classes are as close as that may change sides, either way. */
    @Test
    void bf16IsRightAsOftenWithinHalfAPercent() {
        if (Backends.all().stream().allMatch(backend -> backend.refuses(Precision.BF16).isPresent())) {
            assertThrows(UnsupportedException.class, () -> logitsFromPixels(Precision.BF16));
            return;
        }
        float[] logits = logitsFromPixels(Precision.BF16);
        Golden.assertClose(expected.data(), logits, Golden.BF16_TOLERANCE);
        assertTrue(Math.abs(right(logits) - PYTORCH_RIGHT) <= 5, right(logits) + " of 1000 are right");
    }

    /** In 8 bits, from f32 and from pixels; {@link org.fasternet.quantize.QuantizedDemo} was calibrated by the first 100 images. */
    @Test
    void quantizedItAgreesWithF32() {
        FasterNet quantized = FasterNet.demoQuantized();
        SessionOptions int8 = OPTIONS.withPrecision(Precision.INT8);
        float[] pixels = logitsFromPixels(quantized, int8);
        FloatBuffer src = Golden.floats(56 * 56);
        FloatBuffer dst = Golden.floats(CLASSES);
        FloatBuffer logits = FloatBuffer.allocate(expected.elements());
        try (Session session = quantized.session(int8)) {
            TestBackends.assertRuns(session.plan().backend(), session.plan());
            for (Image image : images) {
                preprocessor.normalize(preprocessor.prepare(image), src.rewind());
                session.run(src.rewind(), dst);
                logits.put(Golden.array(dst));
            }
        }
        for (float[] given : List.of(pixels, logits.array())) {
            assertTrue(right(given) >= 918, right(given) + " of 1000 are right");
            int agreeing = 0;
            double mean = 0;
            for (int i = 0; i < images.size(); i++) {
                float[] reference = Arrays.copyOfRange(expected.data(), i * CLASSES, (i + 1) * CLASSES);
                float[] own = Arrays.copyOfRange(given, i * CLASSES, (i + 1) * CLASSES);
                agreeing += best(reference, 0) == best(own, 0) ? 1 : 0;
                double cosine = Golden.cosine(reference, own);
                assertTrue(cosine > 0.99, "image " + i + ": cosine " + cosine);
                mean += cosine / images.size();
            }
            assertTrue(agreeing >= 994, agreeing + " of 1000 agree with PyTorch");
            assertTrue(mean > 0.9995, "mean cosine " + mean);
        }
    }

    @Test
    void theClassifierIsRightAsOftenAsPyTorch() {
        int right = 0;
        try (Classifier classifier = new Classifier(model, OPTIONS)) {
            for (int i = 0; i < images.size(); i++) {
                right += classifier.classify(images.get(i), 1).get(0).index() == classes[i] ? 1 : 0;
            }
        }
        assertEquals(PYTORCH_RIGHT, right);
    }

    @Test
    void probabilitiesAreTheSoftmaxOfPyTorchsLogits() {
        try (Classifier classifier = new Classifier(model, OPTIONS)) {
            for (int i = 0; i < 50; i++) {
                double sum = 0;
                for (int c = 0; c < CLASSES; c++) {
                    sum += Math.exp(expected.data()[i * CLASSES + c]);
                }
                for (Prediction prediction : classifier.classify(images.get(i), CLASSES)) {
                    double softmax = Math.exp(expected.data()[i * CLASSES + prediction.index()]) / sum;
                    // An error of 1e-4 of the largest logit, about 10, in the exponent.
                    assertEquals(softmax, prediction.probability(), 1e-3 * softmax, "image " + i + ", " + prediction);
                }
            }
        }
    }

    private float[] logitsFromPixels(Precision precision) {
        return logitsFromPixels(model, OPTIONS.withPrecision(precision));
    }

    private float[] logitsFromPixels(FasterNet net, SessionOptions options) {
        FloatBuffer dst = Golden.floats(CLASSES);
        FloatBuffer logits = FloatBuffer.allocate(expected.elements());
        try (Session session = net.session(options.withPixels())) {
            ByteBuffer src = ByteBuffer.allocateDirect(session.srcShape().elements());
            for (Image image : images) {
                src.put(0, preprocessor.prepare(image).pixels());
                session.run(src, dst);
                logits.put(Golden.array(dst));
            }
        }
        return logits.array();
    }

    private int right(float[] logits) {
        int right = 0;
        for (int i = 0; i < classes.length; i++) {
            right += best(logits, i * CLASSES) == classes[i] ? 1 : 0;
        }
        return right;
    }

    private static int best(float[] logits, int from) {
        int best = 0;
        for (int c = 1; c < CLASSES; c++) {
            best = logits[from + c] > logits[from + best] ? c : best;
        }
        return best;
    }
}
