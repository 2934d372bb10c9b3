package org.fasternet.tools.bench.load;

/**
 * A run goes on until it has reached both.
 *
 * @param nanos from the first query's issue to the last one's
 * @param queries that are issued
 */
record Least(long nanos, int queries) {}
