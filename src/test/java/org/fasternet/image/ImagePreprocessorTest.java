package org.fasternet.image;

import static org.fasternet.image.TestImages.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing.Interpolation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a file to the network's input, against what PIL, torchvision and torch make of the same photographs. */
class ImagePreprocessorTest {
    private static final ImagePreprocessor IMAGENET = new ImagePreprocessor(Preprocessing.imagenet(3));

    private static Image photograph(String name) {
        return Image.read(TestImages.resource("golden/images/" + name), 3);
    }

    @ParameterizedTest
    @CsvSource({"camera.png, 0", "chelsea.png, 0", "coffee.png, 0", "rocket.jpg, 3"})
    void prepareIsTorchvisions(String name, int tolerance) {
        Image crop = photograph(name.substring(0, name.indexOf('.')) + ".crop224.png");
        assertClose(crop.pixels(), IMAGENET.prepare(photograph(name)), tolerance, name);
    }

    @Test
    void normalizeIsTorchs() {
        float[] expected = new float[3 * 224 * 224];
        TestImages.npy("golden/images/chelsea.input.npy").asFloatBuffer().get(expected);
        FloatBuffer input = FloatBuffer.allocate(expected.length);
        IMAGENET.normalize(IMAGENET.prepare(photograph("chelsea.png")), input);
        assertEquals(0, input.remaining());
        assertArrayEquals(expected, input.array());
    }

    @Test
    void normalizeWritesAtThePositionAndNowhereElse() {
        ImagePreprocessor grey = new ImagePreprocessor(preprocessing(2, 2, 1, 1));
        FloatBuffer dst = FloatBuffer.wrap(new float[] {7, 7, 7, 7, 7, 7}).position(1);
        grey.normalize(new Image(2, 2, 1, new byte[] {0, (byte) 255, 51, 102}), dst);
        assertEquals(5, dst.position());
        assertArrayEquals(new float[] {7, -1, 1, -0.6f, -0.2f, 7}, dst.array(), 1e-7f);
    }

    @ParameterizedTest
    @CsvSource({
        // Square inputs: the shorter side is 8, the other is truncated (8 * 7 / 3 = 18.67).
        "3, 7, 8, 8, 1, 8, 18", "7, 3, 8, 8, 1, 18, 8", "5, 5, 6, 6, 0.7, 8, 8",
        // Others: the smallest size that covers 8x16, rounded (4 * 16 / 6 = 10.67, 7 * 8 / 2 = 28).
        "4, 6, 8, 16, 1, 11, 16", "2, 7, 8, 16, 1, 8, 28", "4, 6, 6, 12, 0.75, 11, 16"
    })
    void theImageIsResizedThenCropped(
            int height, int width, int inputHeight, int inputWidth, double cropFraction, int dstHeight, int dstWidth) {
        Image src = TestImages.random(height, width, 1, 4);
        Image expected = src.resize(dstHeight, dstWidth, Interpolation.BILINEAR).centerCrop(inputHeight, inputWidth);
        Image actual = new ImagePreprocessor(preprocessing(inputHeight, inputWidth, 1, cropFraction)).prepare(src);
        assertEquals(inputHeight, actual.height());
        assertClose(expected.pixels(), actual, 0, src + " for " + expected);
    }

    @Test
    void anElongatedImageTakesNoMoreThanItsCrop() {
        ImagePreprocessor square = new ImagePreprocessor(preprocessing(224, 224, 1, 0.9));
        Image wide = new Image(1, 1_000_000, 1, new byte[1_000_000]);
        assertArrayEquals(new byte[224 * 224], square.prepare(wide).pixels());
        Image tall = new Image(1 << 24, 1, 1, new byte[1 << 24]);
        String message = assertThrows(ShapeException.class, () -> square.prepare(tall)).getMessage();
        assertTrue(message.contains("16777216x1"), message);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Image image = TestImages.random(2, 2, 3, 5);
        assertThrows(ShapeException.class, () -> IMAGENET.normalize(image, FloatBuffer.allocate(11)));
        assertThrows(ShapeException.class, () -> IMAGENET.normalize(TestImages.random(2, 2, 1, 5), FloatBuffer.allocate(12)));
    }

    private static Preprocessing preprocessing(int height, int width, int channels, double cropFraction) {
        List<Double> half = Collections.nCopies(channels, 0.5);
        return new Preprocessing(height, width, half, half, cropFraction, Interpolation.BILINEAR);
    }
}
