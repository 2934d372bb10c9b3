package org.fasternet.spark;

import java.io.Serializable;
import java.util.Objects;
import org.fasternet.Embedding;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;

/**
 * How images of a data set are classified. Immutable; every {@code with} method returns a changed copy.
 *
 * @param column whose bytes are the pictures, in any of the formats that {@link org.fasternet.image.Image#decode} reads
 * @param backend {@code auto}, or one by name, as in {@link SessionOptions}: an executor that does not have it fails the job
 * @param precision what is computed in
 * @param batch images in one run of the network
 * @param embedding of which kind the column {@code features} is; null: there is no such column
 */
public record SparkOptions(String column, String backend, Precision precision, int batch, Embedding embedding)
        implements Serializable {
    /** Where the data source {@code binaryFile} has a file's bytes. */
    public static final String CONTENT = "content";

    /** @throws org.fasternet.error.ShapeException if the batch is below 1 */
    public SparkOptions {
        Objects.requireNonNull(column, "column");
        session(backend, precision, batch);
    }

    /** The column of {@code binaryFile}, the {@code auto} back end, f32, batches of 8, no embeddings. */
    public static SparkOptions defaults() {
        return new SparkOptions(CONTENT, SessionOptions.AUTO, Precision.F32, 8, null);
    }

    public SparkOptions withColumn(String name) {
        return new SparkOptions(name, backend, precision, batch, embedding);
    }

    public SparkOptions withBackend(String name) {
        return new SparkOptions(column, name, precision, batch, embedding);
    }

    public SparkOptions withPrecision(Precision value) {
        return new SparkOptions(column, backend, value, batch, embedding);
    }

    public SparkOptions withBatch(int images) {
        return new SparkOptions(column, backend, precision, images, embedding);
    }

    public SparkOptions withEmbedding(Embedding kind) {
        return new SparkOptions(column, backend, precision, batch, kind);
    }

    /** Of a task's session: its threads are the CPUs that Spark has given the task, {@code spark.task.cpus}. */
    SessionOptions session(int cpus) {
        return session(backend, precision, batch).withThreads(cpus);
    }

    private static SessionOptions session(String backend, Precision precision, int batch) {
        return SessionOptions.defaults().withBackend(backend).withPrecision(precision).withBatch(batch);
    }
}
