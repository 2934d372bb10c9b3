package org.fasternet.spark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.image.Image;

/**
 * Pictures per second by two of Spark's tasks and by a loop of two threads, in turn on the same CPUs: what Spark costs. T0 with
 * random weights, batches of 8, a JPEG of 640x427 pixels again and again.
 */
final class RateComparison {
    private static final int PICTURES = 800;
    private static final int PARTITIONS = 8;
    private static final int ROUNDS = 7;
    private static final int CPUS = 2;

    private RateComparison() {}

    public static void main(String[] args) {
        byte[] picture = Pictures.bytes(Path.of(System.getProperty("test.images"), "golden", "images", "rocket.jpg"));
        Checkpoint checkpoint = Checkpoint.random(Variant.T0.config(), 1);
        List<byte[]> pictures = Collections.nCopies(PICTURES, picture);
        SparkSession spark = Sparks.session("local[" + CPUS + "]").getOrCreate();
        SessionOptions options = SessionOptions.defaults().withThreads(1).withBatch(SparkOptions.defaults().batch());
        try (SparkClassifier classifier = new SparkClassifier(spark, checkpoint, SparkOptions.defaults());
                Classifier loop = new Classifier(FasterNet.of(checkpoint), options, CPUS)) {
            Dataset<Row> rows = Pictures.of(spark, pictures, PARTITIONS);
            List<Double> ratios = new ArrayList<>();
            for (int round = -1; round < ROUNDS; round++) {
                double plain = rate(() ->
                        loop.classifyAll(pictures.stream(), bytes -> Image.decode(bytes, "a picture", 3), 1).count());
                double bySpark = rate(() -> {
                    classifier.classify(rows).write().format("noop").mode("overwrite").save();
                    return PICTURES;
                });
                if (round >= 0) {
                    System.out.printf("loop %.1f, Spark %.1f pictures a second: %.3f%n", plain, bySpark, bySpark / plain);
                    ratios.add(bySpark / plain);
                }
            }
            Collections.sort(ratios);
            System.out.printf("median of %d rounds: %.3f%n", ROUNDS, ratios.get(ROUNDS / 2));
        } finally {
            spark.stop();
        }
    }

    private static double rate(DoubleSupplier classified) {
        long start = System.nanoTime();
        return classified.getAsDouble() * 1e9 / (System.nanoTime() - start);
    }
}
