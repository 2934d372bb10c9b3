package org.fasternet.spark;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.error.ShapeException;

/**
 * Classifies the images of a data set on all executors.
 *
 * <pre>{@code
 * Dataset<Row> files = spark.read().format("binaryFile").load("hdfs:///pictures");
 * try (SparkClassifier classifier = new SparkClassifier(spark, Checkpoint.read(weights), SparkOptions.defaults())) {
 *     classifier.classify(files).write().parquet("hdfs:///labels");
 * }
 * }</pre>
 *
 * <p>The model is broadcast: an executor gets it once, and its tasks share the network and the packed weights. A task opens one
 * session, with as many threads as Spark gives it CPUs ({@code spark.task.cpus}, 1 unless said), so that all tasks of an executor
 * together have as many threads as it has cores. Opening takes some milliseconds for the small variants and half a second for
 * the largest one: have partitions of some hundred images.
 *
 * <p>For the driver, from any thread.
 */
public final class SparkClassifier implements AutoCloseable {
    private final SparkOptions options;
    private final Counters counters;
    private final Broadcast<BroadcastModel> model;
    private final ClassifyPartition.ClassifierFactory classifiers;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Broadcasts the model.
     *
     * @throws ShapeException if it has no classes
     * @throws org.fasternet.error.FasterNetException if the checkpoint's file has changed since it was read
     */
    public SparkClassifier(SparkSession spark, Checkpoint checkpoint, SparkOptions options) {
        this(spark, checkpoint, options, ClassifyPartition::classifier);
    }

    SparkClassifier(
            SparkSession spark, Checkpoint checkpoint, SparkOptions options, ClassifyPartition.ClassifierFactory classifiers) {
        if (checkpoint.config().numClasses() == 0) {
            throw new ShapeException(checkpoint.source() + " has no classes to label images with");
        }
        this.options = Objects.requireNonNull(options, "options");
        this.classifiers = classifiers;
        counters = new Counters(spark.sparkContext());
        model = JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(BroadcastModel.of(checkpoint));
    }

    /**
     * The images' labels; computed when the result is, and before {@link #close}.
     *
     * @param images a row for each image, with its bytes in the options' column
     * @return the same rows without that column, in their partitions and order, and behind their other columns: {@code label} and
     *     {@code probability} of the most probable class, {@code features} if the options have an embedding, and {@code reason},
     *     which is null. Of a row whose picture is null or cannot be read the others are null, and {@code reason} says why.
     * @throws IllegalArgumentException if the column is missing or not binary, or the result would have a column twice
     */
    public Dataset<Row> classify(Dataset<Row> images) {
        Results results = new Results(images.schema(), options);
        return images.mapPartitions(
                new ClassifyPartition(model, options, results, counters, classifiers), Encoders.row(results.schema()));
    }

    /** What has been done so far, by all of this classifier's results. */
    public Counters counters() {
        return counters;
    }

    /** Takes the model from the executors. Results that are still to be computed fail. May be called more than once. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            model.destroy();
        }
    }
}
