/**
 * Batch inference on Apache Spark: a column of pictures in, their labels, probabilities and embeddings out.
 * {@link org.fasternet.spark.SparkClassifier} is for applications, {@link org.fasternet.spark.ClassifyJob} for
 * {@code spark-submit}.
 */
package org.fasternet.spark;
