package org.fasternet.bench;

import java.util.OptionalDouble;
import org.fasternet.Precision;

/** The measured peaks that other results are a share of. */
public interface Peaks {
    /** Multiply-adds on registers of the best ISA for this precision, in 10^9 operations per second, as measured now; empty if it has none. */
    OptionalDouble gflops(Precision precision, int threads);
}
