package org.fasternet.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import org.fasternet.error.ShapeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FasterNetConfigTest {
    private static FasterNetConfig config(int inChannels, int embedDim, List<Integer> depths, int nDiv, double mlpRatio) {
        return new FasterNetConfig(inChannels, embedDim, depths, nDiv, mlpRatio, 8, 5, Activation.RELU, false, true, false);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "0       # 8       # 2  # 4 # 2        # inChannels is 0, 1 to 2^20 are possible",
        "1048577 # 8       # 2  # 4 # 2        # inChannels is 1048577, 1 to 2^20 are possible",
        "3       # 0       # 2  # 4 # 2        # embedDim is 0",
        "3       # 8       # 0  # 4 # 2        # there are 0 stages",
        "3       # 8       # 17 # 4 # 2        # there are 17 stages",
        "3       # 1048576 # 2  # 4 # 2        # the last stage would have more than 2^20 channels",
        "3       # 8       # 2  # 0 # 2        # nDiv is 0",
        "3       # 8       # 2  # 9 # 2        # nDiv is 9",
        "3       # 8       # 2  # 4 # 0.1      # mlpRatio is 0.1, which leaves no hidden channel",
        "3       # 8       # 2  # 4 # -2       # mlpRatio is -2.0",
        "3       # 8       # 2  # 4 # NaN      # mlpRatio is NaN",
        "3       # 8       # 2  # 4 # Infinity # mlpRatio is Infinity, with which the last stage would have more than",
        "3       # 8       # 2  # 4 # 65537    # mlpRatio is 65537.0, with which"})
    void whatNoNetworkCanHaveIsRefused(
            int inChannels, int embedDim, int stages, int nDiv, double mlpRatio, String fault) {
        String message = assertThrows(ShapeException.class,
                () -> config(inChannels, embedDim, Collections.nCopies(stages, 1), nDiv, mlpRatio)).getMessage();
        assertTrue(message.startsWith("not a FasterNet configuration: " + fault), message);
    }

    @Test
    void theLargestIsAllowed() {
        FasterNetConfig largest = config(1 << 20, 8, List.of(1, 1), 8, 65536);
        assertEquals(1 << 20, largest.hiddenChannels(1));
    }
}
