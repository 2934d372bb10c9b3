package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoldenSessionTest {
    @ParameterizedTest
    @CsvSource({
        "nano-relu/official.pth, F32", "nano-relu/timm.safetensors, BF16", "odd-gelu/official.pth, F32", "odd-gelu/official.pth, BF16",
        "layer-scale/official.pth, F32", "layer-scale/official.pth, BF16", "three-stages-gray/official.pth, F32",
        "three-stages-gray/official.pth, BF16", "half-weights/official.pth, F32", "half-weights/timm.safetensors, BF16"
    })
    void logitsAreThoseOfPyTorch(String checkpoint, Precision precision) {
        String name = checkpoint.substring(0, checkpoint.indexOf('/'));
        Tensor input = Golden.npy(name + "/input.npy");
        Tensor logits = Golden.npy(name + "/logits.npy");
        FloatBuffer dst = Golden.floats(logits.elements());
        Shape src = Golden.shape(input);
        SessionOptions options = SessionOptions.defaults()
                .withPrecision(precision)
                .withBatch(src.n())
                .withSize(src.h(), src.w());
        try (Session session = FasterNet.load(Golden.file(checkpoint)).session(options)) {
            session.run(Golden.direct(input.data()), dst);
            assertEquals("onednn", session.plan().backend());
            session.plan().steps().forEach(step -> assertFalse(step.isReference(), step.toString()));
        }
        Golden.assertClose(
                logits.data(), Golden.array(dst), precision == Precision.F32 ? Golden.F32_TOLERANCE : Golden.BF16_TOLERANCE);
        assertTrue(Golden.cosine(logits.data(), Golden.array(dst)) > 0.999);
    }
}
