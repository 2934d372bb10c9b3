package org.fasternet.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;

/**
 * What tasks have done, as accumulators, which Spark's pages show too. What a task has counted that Spark runs again is counted
 * twice.
 */
public final class Counters implements Serializable {
    private static final long serialVersionUID = 1;

    private final LongAccumulator images;
    private final LongAccumulator refused;
    private final LongAccumulator loaded;

    Counters(SparkContext context) {
        images = context.longAccumulator("images classified");
        refused = context.longAccumulator("images refused");
        loaded = context.longAccumulator("models loaded");
    }

    void count(boolean classified) {
        (classified ? images : refused).add(1);
    }

    void countLoad() {
        loaded.add(1);
    }

    /** Images that got a label. */
    public long classified() {
        return images.value();
    }

    /** Rows that got a reason instead. */
    public long refused() {
        return refused.value();
    }

    /** How often the network was loaded: once in each executor that ran a task. */
    public long modelsLoaded() {
        return loaded.value();
    }
}
