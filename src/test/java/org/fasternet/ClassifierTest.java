package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fasternet.checkpoint.SafetensorsWriter;
import org.fasternet.checkpoint.StateDictReader;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierTest {
    private static FasterNetConfig config(int channels, int classes) {
        return new FasterNetConfig(channels, 8, List.of(1, 1), 4, 2, 16, classes, Activation.RELU, false, true, false);
    }

    private static Image noise(int height, int width, int channels) {
        byte[] pixels = new byte[height * width * channels];
        new Random(1).nextBytes(pixels);
        return new Image(height, width, channels, pixels);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void probabilitiesAreSortedAndAddUpToOne(int channels) {
        try (Classifier classifier = new Classifier(FasterNet.random(config(channels, 7), 1))) {
            List<Prediction> all = classifier.classify(noise(300, 260, channels), 100);
            assertEquals(7, all.size());
            assertEquals(7, all.stream().map(Prediction::index).distinct().count());
            assertEquals(1, all.stream().mapToDouble(Prediction::probability).sum(), 1e-6);
            for (int i = 1; i < all.size(); i++) {
                assertTrue(all.get(i - 1).probability() >= all.get(i).probability(), all.toString());
            }
            assertEquals("class " + all.get(0).index(), all.get(0).label());
            assertEquals(all.subList(0, 3), classifier.classify(noise(300, 260, channels), 3));
        }
    }

    @Test
    void aSizeInTheOptionsOverridesTheModels() {
        FasterNet model = FasterNet.demo();
        Image image = Image.read(DemoImages.file("images/bag.png"), 1);
        try (Classifier classifier = new Classifier(model, SessionOptions.defaults().withSize(64, 72))) {
            Prediction best = classifier.classify(image, 1).get(0);
            assertEquals("Bag", best.label());
        }
    }

    /** exp(10000) is no double. */
    @Test
    void hugeLogitsDoNotOverflow(@TempDir Path folder) {
        Map<String, Tensor> weights = StateDictReader.read(TestFiles.resource("golden", "three-stages-gray", "official.pth"));
        weights.get("head.bias").data()[2] = 10_000;
        Path file = folder.resolve("huge.safetensors");
        SafetensorsWriter.write(file, weights, DType.F32, Map.of());
        try (Classifier classifier = new Classifier(FasterNet.load(file))) {
            assertEquals(new Prediction(2, "class 2", 1), classifier.classify(noise(60, 60, 1), 1).get(0));
            assertEquals(0, classifier.classify(noise(60, 60, 1), 2).get(1).probability());
        }
    }

    @Test
    void otherLabelsReplaceTheModels() {
        FasterNet model = FasterNet.random(config(1, 2), 1);
        assertShapeFault("1 labels for a network of 2 classes", () -> model.withLabels(List.of("one")));
        try (Classifier classifier = new Classifier(model.withLabels(List.of("yes", "no")))) {
            assertTrue(List.of("yes", "no").contains(classifier.classify(noise(9, 9, 1), 1).get(0).label()));
        }
    }

    /** Also where fewer images come than fit. */
    @Test
    void aBatchIsWhatItsImagesAreOneByOne() {
        FasterNet model = FasterNet.demo();
        List<Image> images = List.of(noise(56, 56, 1), noise(70, 60, 1), noise(30, 99, 1));
        try (Classifier one = new Classifier(model);
                Classifier batch = new Classifier(model, SessionOptions.defaults().withBatch(3))) {
            for (List<Image> given : List.of(images, images.subList(1, 3), images.subList(0, 1))) {
                List<List<Prediction>> together = batch.classify(given, 10);
                assertEquals(given.size(), together.size());
                for (int i = 0; i < given.size(); i++) {
                    List<Prediction> alone = one.classify(given.get(i), 10);
                    for (int k = 0; k < 10; k++) {
                        assertEquals(alone.get(k).index(), together.get(i).get(k).index());
                        assertEquals(alone.get(k).probability(), together.get(i).get(k).probability(), 1e-6);
                    }
                }
            }
        }
    }

    /** What the network says, and what its session says that ends with the embedding; also where fewer images come than fit. */
    @ParameterizedTest
    @EnumSource
    void descriptionsHaveTheEmbedding(Embedding kind) {
        FasterNet model = FasterNet.demo();
        List<Image> images = List.of(noise(56, 56, 1), noise(70, 60, 1));
        SessionOptions options = SessionOptions.defaults().withBatch(3);
        try (Classifier plain = new Classifier(model);
                Classifier classifier = new Classifier(model, options, 2, kind);
                Session session = model.embedding(kind).session(SessionOptions.defaults().withPixels())) {
            List<Image> prepared = images.stream().map(classifier::prepare).toList();
            List<Description> descriptions = classifier.describe(prepared, 10);
            assertEquals(2, descriptions.size());
            FloatBuffer expected = Buffers.floats(session.dstShapes().get(0).elements());
            for (int i = 0; i < 2; i++) {
                session.run(Buffers.bytes(56 * 56).put(0, prepared.get(i).pixels()), expected);
                float[] embedding = descriptions.get(i).embedding();
                assertEquals(expected.capacity(), embedding.length);
                for (int k = 0; k < embedding.length; k++) {
                    assertEquals(expected.get(k), embedding[k], 1e-4f);
                }
                List<Prediction> alone = plain.classify(images.get(i), 10);
                for (int k = 0; k < 10; k++) {
                    assertEquals(alone.get(k).label(), descriptions.get(i).predictions().get(k).label());
                    assertEquals(alone.get(k).probability(), descriptions.get(i).predictions().get(k).probability(), 1e-5f);
                }
            }
            assertEquals(descriptions.get(0).predictions(), classifier.classifyPrepared(prepared, 10).get(0));
            assertTrue(assertThrows(IllegalStateException.class, () -> plain.describe(prepared.subList(0, 1), 1)).getMessage()
                    .contains("without an embedding"));
        }
    }

    @Test
    void descriptionsInAnotherPrecision() {
        Image bag = Image.read(DemoImages.file("images/bag.png"), 1);
        SessionOptions options = SessionOptions.defaults().withPrecision(Precision.INT8);
        try (Classifier classifier = new Classifier(FasterNet.demoQuantized(), options, 1, Embedding.FEATURES)) {
            Description description = classifier.describe(List.of(classifier.prepare(bag)), 1).get(0);
            assertEquals("Bag", description.predictions().get(0).label());
            assertEquals(192, description.embedding().length);
        }
    }

    @Test
    void anyNumberOfImagesIsWhatEachIsAlone() {
        FasterNet model = FasterNet.demo();
        List<Image> images = IntStream.range(0, 11).mapToObj(i -> noise(50 + i, 60, 1)).toList();
        SessionOptions options = SessionOptions.defaults().withBatch(2);
        try (Classifier one = new Classifier(model); Classifier shared = new Classifier(model, options, 3)) {
            List<Integer> expected = images.stream().map(image -> one.classify(image, 1).get(0).index()).toList();
            assertEquals(expected, shared.classifyAll(images.stream(), 1).map(best -> best.get(0).index()).toList());
            assertEquals(expected, shared.classifyAll(IntStream.range(0, 11).boxed(), images::get, 1)
                    .map(best -> best.get(0).index()).toList());
            assertShapeFault("has 3 channels", () -> shared.classifyAll(Stream.of(noise(9, 9, 3)), 1).toList());
            assertShapeFault("at least 1", () -> shared.classifyAll(images.stream(), 0));
        }
    }

    @Test
    void theSessionsOfAClassifierDivideTheCpus() {
        FasterNet model = FasterNet.demo();
        int cpus = SessionOptions.defaults().resolvedThreads();
        try (Classifier shared = new Classifier(model, SessionOptions.defaults(), cpus);
                Classifier asked = new Classifier(model, SessionOptions.defaults().withThreads(2), 2)) {
            assertEquals(1, shared.plan().threads());
            assertEquals(2, asked.plan().threads());
        }
    }

    @Test
    void misuseIsToldInASentence() {
        FasterNet grey = FasterNet.random(config(1, 2), 1);
        assertShapeFault("no classes", () -> new Classifier(FasterNet.random(config(3, 0), 1)));
        assertShapeFault("takes 4 channels", () -> new Classifier(FasterNet.random(config(4, 2), 1)));
        assertShapeFault("a classifier of 0 sessions: at least 1 is needed",
                () -> new Classifier(grey, SessionOptions.defaults(), 0));
        Classifier classifier = new Classifier(grey);
        assertShapeFault("has 3 channels, the model takes 1", () -> classifier.classify(noise(9, 9, 3), 1));
        assertShapeFault("at least 1", () -> classifier.classify(noise(9, 9, 1), 0));
        List<Image> two = List.of(noise(9, 9, 1), noise(9, 9, 1));
        assertShapeFault("2 images were given: 1 to 1 fit this classifier's batch", () -> classifier.classify(two, 1));
        assertShapeFault("0 images were given", () -> classifier.classify(List.of(), 1));
        assertShapeFault("is not prepared: 224x224x1 is needed", () -> classifier.classifyPrepared(List.of(two.get(0)), 1));
        classifier.close();
        classifier.close();
        assertThrows(IllegalStateException.class, () -> classifier.classify(noise(9, 9, 1), 1));
    }

    private static void assertShapeFault(String expected, Executable misuse) {
        String message = assertThrows(ShapeException.class, misuse).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
