package org.fasternet.tools.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyStoppingTest {
    /** 662 is MultiStream's minimum in mlperf.conf; the others are what LoadGen 6.0.17 answers. */
    @ParameterizedTest
    @CsvSource({
        "0.90, 1, 64", "0.90, 2, 81", "0.90, 3, 97", "0.90, 5, 127", "0.90, 10, 197", "0.90, 100, 1246", "0.90, 1000, 10722",
        "0.99, 1, 662", "0.99, 2, 838", "0.99, 3, 1001", "0.99, 5, 1307", "0.99, 10, 2010", "0.99, 100, 12571",
        "0.99, 1000, 107569"
    })
    void leastQueriesAreLoadGens(double share, int late, int queries) {
        assertEquals(queries, new EarlyStopping(share).leastQueries(late));
    }

    /** What LoadGen 6.0.17 answers; the last two are the rules' "rounded inferences". */
    @ParameterizedTest
    @CsvSource({"0.90, 1000, 78", "0.99, 10000, 77", "0.99, 24576, 209", "0.90, 24576, 2348", "0.99, 270336, 2583"})
    void mostLateAreLoadGens(double share, int queries, int late) {
        assertEquals(late, new EarlyStopping(share).mostLate(queries));
    }

    @ParameterizedTest
    @CsvSource({"0.90", "0.99"})
    void mostLateIsTheLastCountOfAtMostOnePercent(String share) {
        for (int queries : new int[] {0, 1, 43, 44, 63, 64, 100, 458, 459, 700}) {
            assertEquals(naive(new BigDecimal(share), queries), new EarlyStopping(Double.parseDouble(share)).mostLate(queries));
        }
    }

    /** Adds the binomial distribution's terms, each from factorials, as long as they are at most 0.01 together. */
    private static int naive(BigDecimal share, int queries) {
        MathContext digits = new MathContext(60);
        BigDecimal sum = BigDecimal.ZERO;
        for (int late = 0; late <= queries; late++) {
            BigDecimal term = share.pow(queries - late, digits).multiply(BigDecimal.ONE.subtract(share).pow(late, digits));
            for (int i = 1; i <= late; i++) {
                term = term.multiply(BigDecimal.valueOf(queries - late + i)).divide(BigDecimal.valueOf(i), digits);
            }
            sum = sum.add(term);
            if (sum.compareTo(new BigDecimal("0.01")) > 0) {
                return late - 1;
            }
        }
        throw new AssertionError();
    }

    /** 81 queries may have 2 late ones, of which 1 is discarded. */
    @ParameterizedTest
    @CsvSource({"64, 64", "80, 80", "81, 80", "96, 95", "97, 95", "1000, 923"})
    void anEstimateIsTheHighestOfWhatIsKept(int queries, long nanos) {
        long[] sorted = LongStream.rangeClosed(1, queries).toArray();
        assertEquals(OptionalLong.of(nanos), new EarlyStopping(0.90).estimate(sorted));
    }

    @Test
    void fewerQueriesThanNeededHaveNoEstimate() {
        assertEquals(OptionalLong.empty(), new EarlyStopping(0.90).estimate(new long[63]));
        assertEquals(OptionalLong.empty(), new EarlyStopping(0.90).estimate(new long[0]));
        assertEquals(OptionalLong.empty(), new EarlyStopping(0.99).estimate(new long[661]));
    }
}
