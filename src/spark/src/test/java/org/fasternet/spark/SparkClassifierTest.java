package org.fasternet.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.fasternet.Classifier;
import org.fasternet.Embedding;
import org.fasternet.FasterNet;
import org.fasternet.Prediction;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** In one process with two tasks at a time. */
class SparkClassifierTest {
    private static final Queue<Classifier> MADE = new ConcurrentLinkedQueue<>();
    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Sparks.session("local[2]").getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> files() {
        return spark.read().format("binaryFile").load(Pictures.FOLDER.toString());
    }

    private static SparkClassifier demo(SparkOptions options) {
        return new SparkClassifier(spark, Checkpoint.demo(), options);
    }

    @Test
    void filesGetTheirLabels() {
        try (SparkClassifier classifier = demo(SparkOptions.defaults())) {
            Dataset<Row> labels = classifier.classify(files());
            assertArrayEquals(new String[] {"path", "modificationTime", "length", "label", "probability", "reason"},
                    labels.columns());
            List<Row> rows = labels.collectAsList();
            assertEquals(10, rows.size());
            for (Row row : rows) {
                assertTrue(Pictures.shows(row.getAs("path"), row.getAs("label")), row.toString());
                assertNull(row.getAs("reason"));
            }
            assertEquals(10, classifier.counters().classified());
        }
    }

    /** With more pictures than a batch in each partition, and a last batch that is not full. */
    @Test
    void rowsKeepTheirOrderAndAreWhatALoopSays() {
        List<Prediction> expected = Pictures.expected();
        try (SparkClassifier classifier = demo(SparkOptions.defaults().withBatch(3))) {
            Dataset<Row> pictures = Pictures.repeated(spark, 103, 4);
            List<Integer> order = pictures.collectAsList().stream().map(row -> row.getInt(0)).toList();
            List<Row> rows = classifier.classify(pictures).collectAsList();
            assertEquals(order, rows.stream().map(row -> row.getInt(0)).toList());
            for (Row row : rows) {
                Prediction alone = expected.get(row.getInt(0) % 10);
                assertEquals(alone.label(), row.getAs("label"));
                assertEquals(alone.probability(), row.<Float>getAs("probability"), 1e-6f);
            }
            assertEquals(1, classifier.counters().modelsLoaded());
        }
    }

    @Test
    void badPicturesHaveAReason() {
        byte[] good = Pictures.bytes(Pictures.files().get(0));
        List<byte[]> bytes = Arrays.asList(good, null, new byte[0], "no picture".getBytes(), Arrays.copyOf(good, 200), good);
        List<Row> rows = IntStream.range(0, bytes.size()).mapToObj(i -> RowFactory.create(i, bytes.get(i))).toList();
        try (SparkClassifier classifier = demo(SparkOptions.defaults().withEmbedding(Embedding.FEATURES).withBatch(2))) {
            List<Row> results = classifier.classify(spark.createDataFrame(rows, Pictures.SCHEMA).coalesce(1)).collectAsList();
            assertEquals(List.of(0, 1, 2, 3, 4, 5), results.stream().map(row -> row.getInt(0)).toList());
            for (int i : new int[] {0, 5}) {
                assertEquals("Ankle boot", results.get(i).getAs("label"));
                assertNull(results.get(i).getAs("reason"));
            }
            for (int i = 1; i < 5; i++) {
                Row row = results.get(i);
                assertTrue(row.isNullAt(1) && row.isNullAt(2) && row.isNullAt(3), row.toString());
                assertTrue(row.<String>getAs("reason").contains("picture"), row.toString());
            }
            assertEquals("there is no picture: 'content' is null", results.get(1).getAs("reason"));
            assertEquals(2, classifier.counters().classified());
            assertEquals(4, classifier.counters().refused());
        }
    }

    @ParameterizedTest
    @EnumSource
    void featuresAreTheEmbedding(Embedding kind) {
        FasterNet network = FasterNet.demo();
        ImagePreprocessor preprocessor = new ImagePreprocessor(network.preprocessing());
        List<Prediction> expected = Pictures.expected();
        try (SparkClassifier classifier = demo(SparkOptions.defaults().withEmbedding(kind));
                Session session = network.embedding(kind).session(SessionOptions.defaults().withPixels())) {
            List<Row> rows = classifier.classify(Pictures.repeated(spark, 10, 2)).collectAsList();
            ByteBuffer pixels = ByteBuffer.allocateDirect(56 * 56);
            FloatBuffer embedding = ByteBuffer.allocateDirect(4 * session.dstShapes().get(0).c())
                    .order(ByteOrder.nativeOrder()).asFloatBuffer();
            for (Row row : rows) {
                int id = row.getInt(0);
                pixels.put(0, preprocessor.prepare(Image.read(Pictures.files().get(id), 1)).pixels());
                session.run(pixels, embedding);
                List<Float> features = row.getList(row.fieldIndex("features"));
                assertEquals(embedding.capacity(), features.size());
                for (int i = 0; i < features.size(); i++) {
                    assertEquals(embedding.get(i), features.get(i), 1e-4f);
                }
                assertEquals(expected.get(id).label(), row.getAs("label"));
                assertEquals(expected.get(id).probability(), row.<Float>getAs("probability"), 1e-5f);
            }
        }
    }

    @Test
    void anotherColumnBackEndAndPrecision() {
        SparkOptions options = SparkOptions.defaults().withColumn("bytes").withBackend("fused").withPrecision(Precision.INT8);
        try (SparkClassifier classifier = new SparkClassifier(spark, Checkpoint.demoQuantized(), options)) {
            for (Row row : classifier.classify(files().withColumnRenamed("content", "bytes")).collectAsList()) {
                assertTrue(Pictures.shows(row.getAs("path"), row.getAs("label")), row.toString());
            }
        }
    }

    /** Nothing else is used in its place. */
    @Test
    void aPrecisionThatTheModelHasNotFailsTheJobWithItsSentence() {
        try (SparkClassifier classifier = demo(SparkOptions.defaults().withPrecision(Precision.INT8))) {
            Throwable failure = assertThrows(Exception.class, () -> classifier.classify(files()).collectAsList());
            while (failure.getCause() != null) {
                failure = failure.getCause();
            }
            assertTrue(failure.getMessage().contains("int8"), failure.toString());
        }
    }

    @Test
    void otherNamesOfTheClassesTravelWithTheModel() {
        List<String> names = IntStream.range(0, 10).mapToObj(i -> "kind " + i).toList();
        try (SparkClassifier classifier =
                new SparkClassifier(spark, Checkpoint.demo().withLabels(names), SparkOptions.defaults())) {
            Row row = classifier.classify(files().where("path like '%/ankle-boot.png'")).first();
            assertEquals("kind 9", row.getAs("label"));
        }
    }

    @Test
    void columnsThatDoNotFitAreRefusedAtOnce() {
        try (SparkClassifier classifier = demo(SparkOptions.defaults())) {
            assertRefused("there is no column 'content' of pictures", classifier, files().drop("content"));
            assertRefused("is string", classifier, files().withColumn("content", functions.lit("a text")));
            assertRefused("[label] already", classifier, files().withColumnRenamed("length", "label"));
        }
        FasterNetConfig backbone = new FasterNetConfig(3, 8, List.of(1, 1), 4, 2, 16, 0, Activation.RELU, false, true, false);
        assertThrows(ShapeException.class,
                () -> new SparkClassifier(spark, Checkpoint.random(backbone, 1), SparkOptions.defaults()));
        assertThrows(ShapeException.class, () -> SparkOptions.defaults().withBatch(0));
    }

    private static void assertRefused(String part, SparkClassifier classifier, Dataset<Row> images) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> classifier.classify(images));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    /** Whether a task reads all its rows, or a limit ends it, or a failure. */
    @Test
    void everySessionIsClosedWhenItsTaskEnds() {
        MADE.clear();
        try (SparkClassifier classifier = new SparkClassifier(spark, Checkpoint.demo(), SparkOptions.defaults(),
                (network, options, cpus) -> {
                    Classifier made = ClassifyPartition.classifier(network, options, cpus);
                    MADE.add(made);
                    assertEquals(1, cpus);
                    assertEquals(1, made.plan().threads());
                    return made;
                })) {
            Dataset<Row> labels = classifier.classify(Pictures.repeated(spark, 60, 3));
            assertEquals(60, labels.collectAsList().size());
            assertEquals(1, labels.limit(1).collectAsList().size());
            assertThrows(SparkException.class, () -> labels.toJavaRDD().foreach(row -> {
                throw new IllegalStateException("of the application");
            }));
        }
        assertTrue(MADE.size() > 4, MADE.toString());
        // A job that fails does not wait for the tasks that it has had killed.
        long late = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < late && !MADE.stream().allMatch(SparkClassifierTest::isClosed)) {
            Thread.onSpinWait();
        }
        assertEquals(List.of(), MADE.stream().filter(made -> !isClosed(made)).toList());
    }

    private static boolean isClosed(Classifier classifier) {
        try {
            classifier.classify(Image.read(Pictures.files().get(0), 1), 1);
            return false;
        } catch (IllegalStateException closed) {
            return true;
        }
    }

    @Test
    void onceItIsClosedNothingIsComputed() {
        SparkClassifier classifier = demo(SparkOptions.defaults());
        Dataset<Row> labels = classifier.classify(files());
        classifier.close();
        classifier.close();
        assertThrows(Exception.class, labels::collectAsList);
        assertEquals(0, classifier.counters().classified());
        assertFalse(spark.sparkContext().isStopped());
    }
}
