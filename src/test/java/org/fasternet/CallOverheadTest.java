package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class CallOverheadTest {
    @Test
    void theBenchmarksRun() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(CallOverheadBenchmark.class.getName())
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        Set<String> names = results.stream().map(result -> result.getPrimaryResult().getLabel()).collect(Collectors.toSet());
        assertEquals(Set.of("kernelCall", "emptySession"), names);
        results.forEach(result -> assertTrue(result.getPrimaryResult().getScore() > 0));
    }
}
