/** Times of single runs: warm-up, rounds, percentiles. What is run is the caller's. */
package org.fasternet.tools.bench.timing;
