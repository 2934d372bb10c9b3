package org.fasternet.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;
import org.fasternet.Prediction;
import org.fasternet.image.Image;

/** The ten pictures of clothing, each of which is named after what it shows, and data sets of them. */
final class Pictures {
    static final Path FOLDER = Path.of(System.getProperty("test.images"), "demo", "images");
    static final StructType SCHEMA = new StructType().add("id", DataTypes.IntegerType).add("content", DataTypes.BinaryType);

    private Pictures() {}

    static List<Path> files() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name of a file as a label: ankle-boot.png is an Ankle boot, t-shirt-top.png a T-shirt/top. */
    static boolean shows(String file, String label) {
        return file.endsWith("/" + label.toLowerCase().replaceAll("[ /]", "-") + ".png");
    }

    /** The pictures again and again, numbered from 0. */
    static Dataset<Row> repeated(SparkSession spark, int count, int partitions) {
        List<byte[]> pictures = files().stream().map(Pictures::bytes).toList();
        return of(spark, IntStream.range(0, count).mapToObj(i -> pictures.get(i % pictures.size())).toList(), partitions);
    }

    /** Numbered from 0. */
    static Dataset<Row> of(SparkSession spark, List<byte[]> pictures, int partitions) {
        List<Row> rows = IntStream.range(0, pictures.size()).mapToObj(i -> RowFactory.create(i, pictures.get(i))).toList();
        return spark.createDataFrame(
                JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(rows, partitions), SCHEMA);
    }

    /** What a loop without Spark says of each of the ten. */
    static List<Prediction> expected() {
        try (Classifier classifier = new Classifier(FasterNet.demo())) {
            return files().stream().map(file -> classifier.classify(Image.read(file, 1), 1).get(0)).toList();
        }
    }
}
