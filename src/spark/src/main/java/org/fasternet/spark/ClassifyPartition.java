package org.fasternet.spark;

import java.io.Serializable;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;
import org.fasternet.Classifier;
import org.fasternet.FasterNet;

/** What a task does: one session for its partition, closed when the task ends, however it does. */
final class ClassifyPartition implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    /** How a task gets its classifier. */
    interface ClassifierFactory extends Serializable {
        /** @param cpus that the task has */
        Classifier create(FasterNet network, SparkOptions options, int cpus);
    }

    private final Broadcast<BroadcastModel> model;
    private final SparkOptions options;
    private final Results results;
    private final Counters counters;
    private final ClassifierFactory classifiers;

    ClassifyPartition(Broadcast<BroadcastModel> model, SparkOptions options, Results results, Counters counters,
            ClassifierFactory classifiers) {
        this.model = model;
        this.options = options;
        this.results = results;
        this.counters = counters;
        this.classifiers = classifiers;
    }

    static Classifier classifier(FasterNet network, SparkOptions options, int cpus) {
        return options.embedding() == null ? new Classifier(network, options.session(cpus))
                : new Classifier(network, options.session(cpus), 1, options.embedding());
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows;
        }
        TaskContext task = TaskContext.get();
        Classifier classifier = classifiers.create(model.value().network(counters), options, task.cpus());
        task.addTaskCompletionListener((TaskCompletionListener) ended -> classifier.close());
        return new ClassifiedRows(rows, classifier, options, results, counters);
    }
}
