package org.fasternet.spark;

import org.apache.spark.sql.SparkSession;

/** Sessions of Spark that keep to themselves. */
final class Sparks {
    private Sparks() {}

    static SparkSession.Builder session(String master) {
        return SparkSession.builder().master(master).appName("test")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.local.dir", System.getProperty("java.io.tmpdir"))
                .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir") + "/warehouse");
    }
}
