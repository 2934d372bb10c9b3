package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.array.Npy;
import org.fasternet.compute.Precision;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Run again with lower ISAs, where a precision that they have no kernels for is refused, which {@link NetworkTest} sees to. */
@Tag("every-isa")
@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class GoldenSessionTest {
    /** T0's 15 MB are not in this repository. */
    private static final Path T0 = Path.of("../shared/golden/t0");

    private final String backend;

    GoldenSessionTest(String backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = "INT8", mode = EnumSource.Mode.EXCLUDE)
    void theLogitsOfT0AreThoseOfPyTorch(Precision precision) {
        assumeTrue(TestBackends.has(backend, precision), backend + " has no " + precision + " here");
        assumeTrue(Files.exists(T0), T0 + " is not there");
        float[] logits = Npy.read(T0.resolve("logits.npy")).data();
        FloatBuffer dst = Golden.floats(logits.length);
        SessionOptions options = SessionOptions.defaults().withBackend(backend).withPrecision(precision);
        try (Session session = FasterNet.load(T0.resolve("official.pth")).session(options)) {
            TestBackends.assertRuns(backend, session.plan());
            session.run(Golden.direct(Npy.read(T0.resolve("input.npy")).data()), dst);
        }
        Golden.assertClose(logits, Golden.array(dst), precision);
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = "INT8", mode = EnumSource.Mode.EXCLUDE)
    void featureMapsAreThoseOfPyTorch(Precision precision) {
        assumeTrue(TestBackends.has(backend, precision), backend + " has no " + precision + " here");
        Tensor input = Golden.npy("features/input.npy");
        SessionOptions options = SessionOptions.defaults()
                .withBackend(backend).withPrecision(precision).withSize(input.dim(2), input.dim(3));
        try (Session session = FasterNet.load(Golden.file("features/official.pth")).session(options)) {
            TestBackends.assertRuns(backend, session.plan());
            FloatBuffer[] maps = session.dstShapes().stream()
                    .map(shape -> Golden.floats(shape.elements())).toArray(FloatBuffer[]::new);
            session.run(Golden.direct(input.data()), maps);
            for (int i = 0; i < 4; i++) {
                Tensor expected = Golden.npy("features/features" + i + ".npy");
                assertEquals(Golden.shape(expected), session.dstShapes().get(i));
                Golden.assertClose(expected.data(), Golden.array(maps[i]), precision);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nano-relu/official.pth, F32", "nano-relu/timm.safetensors, BF16",
        "odd-gelu/official.pth, F32", "odd-gelu/official.pth, BF16",
        "layer-scale/official.pth, F32", "layer-scale/official.pth, BF16",
        "three-stages-gray/official.pth, F32", "three-stages-gray/official.pth, BF16",
        "half-weights/official.pth, F32", "half-weights/timm.safetensors, BF16"
    })
    void logitsAreThoseOfPyTorch(String checkpoint, Precision precision) {
        assumeTrue(TestBackends.has(backend, precision), backend + " has no " + precision + " here");
        String name = checkpoint.substring(0, checkpoint.indexOf('/'));
        Tensor input = Golden.npy(name + "/input.npy");
        Tensor logits = Golden.npy(name + "/logits.npy");
        FloatBuffer dst = Golden.floats(logits.elements());
        Shape src = Golden.shape(input);
        SessionOptions options = SessionOptions.defaults()
                .withBackend(backend)
                .withPrecision(precision)
                .withBatch(src.n())
                .withSize(src.h(), src.w());
        try (Session session = FasterNet.load(Golden.file(checkpoint)).session(options)) {
            session.run(Golden.direct(input.data()), dst);
            TestBackends.assertRuns(backend, session.plan());
        }
        Golden.assertClose(logits.data(), Golden.array(dst), precision);
    }
}
