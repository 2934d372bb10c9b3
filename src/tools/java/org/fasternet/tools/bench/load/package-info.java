/**
 * LoadGen's scenarios (MLPerf Inference): queries, their schedule, the rules a result must meet. Times of single runs belong
 * to {@code timing}.
 */
package org.fasternet.tools.bench.load;
