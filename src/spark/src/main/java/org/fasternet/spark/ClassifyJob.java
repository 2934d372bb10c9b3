package org.fasternet.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.fasternet.Embedding;
import org.fasternet.SessionOptions;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.LabelFile;
import org.fasternet.compute.Precision;
import org.fasternet.error.FasterNetException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Labels pictures in files; the main class of the jar that {@code spark-submit} takes. */
@Command(
        name = "spark-submit fasternet-spark-*-all.jar",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Says what is on the pictures of files, a row for each: PNG, JPEG, GIF, BMP, WebP or TIFF.",
        footer = {
            "",
            "A file that is no picture gets a row with the reason. Examples:",
            "  spark-submit fasternet-spark-*-all.jar --output labels pictures/",
            "  spark-submit --master spark://host:7077 fasternet-spark-*-all.jar --weights fasternet_t2.pth \\",
            "      --precision bf16 --features --output hdfs:///labels 'hdfs:///pictures/2026-*'"
        })
public final class ClassifyJob implements Callable<Integer> {
    @Parameters(paramLabel = "PICTURES", arity = "1..*",
            description = "Files, folders (all files in and below them) or patterns, in any file system that Spark reads.")
    private List<String> pictures;

    @Option(names = "--weights", paramLabel = "FILE",
            description = "Checkpoint on the driver's disk (default: the model in the box, for ten kinds of clothing).")
    private Path weights;

    @Option(names = "--labels", paramLabel = "FILE",
            description = "Names of the classes on the driver's disk, one a line, in the model's order.")
    private Path labels;

    @Option(names = "--output", paramLabel = "FOLDER",
            description = "Where the rows are written (default: the first 20 of them are shown).")
    private String output;

    @Option(names = "--overwrite", description = "Replaces what is there; without, that is refused.")
    private boolean overwrite;

    @Option(names = "--format", paramLabel = "NAME", defaultValue = "parquet",
            description = "What they are written as: parquet, json, orc or csv (default: ${DEFAULT-VALUE}).")
    private String format;

    @Option(names = "--glob", paramLabel = "PATTERN", description = "Only files of such a name, such as '*.jpg'.")
    private String glob;

    @Option(names = "--features", description = "A column with the head's hidden layer as well.")
    private boolean features;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = SessionOptions.AUTO,
            description = "What computes: auto, fused, onednn, cudnn (default: ${DEFAULT-VALUE}).")
    private String backend;

    @Option(names = "--precision", paramLabel = "NAME", defaultValue = "f32",
            description = "Computed in this precision: f32, tf32, f16, bf16, int8 (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "8",
            description = "Images in one run of the network (default: ${DEFAULT-VALUE}).")
    private int batch;

    /** Ends the JVM with 0, or 1 if the job failed and 2 if an argument is wrong. */
    public static void main(String[] args) {
        int status = new CommandLine(new ClassifyJob())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (!(failure instanceof FasterNetException || failure instanceof AnalysisException)) {
                        throw failure;
                    }
                    command.getErr().println("fasternet: " + failure.getMessage());
                    return 1;
                })
                .execute(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    @Override
    public Integer call() throws IOException {
        SparkOptions options = SparkOptions.defaults().withBackend(backend).withPrecision(precision).withBatch(batch);
        options = features ? options.withEmbedding(Embedding.FEATURES) : options;
        Checkpoint checkpoint = checkpoint();
        try (SparkSession spark = SparkSession.builder().appName("fasternet").getOrCreate();
                SparkClassifier classifier = new SparkClassifier(spark, checkpoint, options)) {
            Dataset<Row> files = files(spark);
            long start = System.nanoTime();
            Dataset<Row> rows = classifier.classify(files);
            if (output == null) {
                rows.show(false);
            } else {
                rows.write().format(format).mode(overwrite ? SaveMode.Overwrite : SaveMode.ErrorIfExists).save(output);
            }
            report(classifier.counters(), (System.nanoTime() - start) / 1e9);
        }
        return 0;
    }

    private Dataset<Row> files(SparkSession spark) {
        var reader = spark.read().format("binaryFile").option("recursiveFileLookup", true);
        return (glob == null ? reader : reader.option("pathGlobFilter", glob)).load(pictures.toArray(String[]::new));
    }

    private Checkpoint checkpoint() {
        Checkpoint checkpoint = weights != null ? Checkpoint.read(weights)
                : precision.needsScales() ? Checkpoint.demoQuantized() : Checkpoint.demo();
        return labels == null ? checkpoint : LabelFile.read(labels, checkpoint::withLabels);
    }

    private void report(Counters counters, double seconds) {
        long all = counters.classified() + counters.refused();
        System.err.printf(Locale.ROOT, "fasternet: pictures %d, refused %d, in %.1f s, %.1f a second%s%n",
                all, counters.refused(), seconds, all / seconds, output == null ? "" : ", to " + output);
    }
}
