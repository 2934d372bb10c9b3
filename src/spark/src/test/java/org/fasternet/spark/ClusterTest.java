package org.fasternet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.fasternet.Prediction;
import org.fasternet.checkpoint.Checkpoint;
import org.junit.jupiter.api.Test;

/** With executors in processes of their own, which have the library from the jar for {@code spark-submit} alone. */
class ClusterTest {
    private static final int PICTURES = 6000;

    /** Kills one of the processes when some of the tasks are done, and is told by the master that an executor is gone. */
    private static final class Killer extends SparkListener {
        private final AtomicInteger ended = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicInteger removed = new AtomicInteger();
        private final int when;

        Killer(int when) {
            this.when = when;
        }

        @Override
        public void onTaskEnd(SparkListenerTaskEnd task) {
            failed.addAndGet(task.taskInfo().successful() ? 0 : 1);
            if (ended.incrementAndGet() == when) {
                // Executors are this process's only children.
                ProcessHandle.current().children().findAny().orElseThrow().destroyForcibly();
            }
        }

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved executor) {
            removed.incrementAndGet();
        }
    }

    @Test
    void everyPictureIsThereOnceThoughAnExecutorIsKilled() {
        List<Prediction> expected = Pictures.expected();
        SparkSession spark = Sparks.session("local-cluster[2,1,1024]")
                .config("spark.jars", System.getProperty("application.jar")).getOrCreate();
        try (SparkClassifier classifier = new SparkClassifier(spark, Checkpoint.demo(), SparkOptions.defaults())) {
            Killer killer = new Killer(6);
            var pictures = Pictures.repeated(spark, PICTURES, 24);
            spark.sparkContext().addSparkListener(killer);
            List<Row> rows = classifier.classify(pictures).collectAsList();
            assertEquals(IntStream.range(0, PICTURES).boxed().toList(),
                    rows.stream().map(row -> row.getInt(0)).sorted().toList());
            for (Row row : rows) {
                assertEquals(expected.get(row.getInt(0) % 10).label(), row.getAs("label"));
            }
            assertEquals(1, killer.removed.get(), "executors lost");
            assertTrue(killer.failed.get() > 0, "no task was lost with it");
            assertTrue(classifier.counters().modelsLoaded() >= 2, "two executors loaded it, " + classifier.counters());
        } finally {
            spark.stop();
        }
    }
}
