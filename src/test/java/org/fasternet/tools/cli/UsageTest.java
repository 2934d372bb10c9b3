package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    private static final Object IMAGE = resource("demo", "images", "bag.png");

    @ParameterizedTest
    @ValueSource(strings = {"classify", "run", "info", "convert", "quantize", "plan", "bench"})
    void everyCommandHasHelpWithExamplesThatFitsATerminal(String command) {
        String help = Cli.output(command, "--help");
        assertTrue(help.startsWith("Usage: fasternet " + command), help);
        assertTrue(help.contains("Examples:\n  fasternet " + command), help);
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "op", "peak", "load", "peers", "compare"})
    void everyBenchmarkHasHelpWithExamplesThatFitsATerminal(String benchmark) {
        String help = Cli.output("bench", benchmark, "--help");
        assertTrue(help.startsWith("Usage: fasternet bench " + benchmark), help);
        assertTrue(help.contains("Examples:\n  fasternet bench " + benchmark), help);
        assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
        assertTrue(Cli.output("bench", "--help").contains("\n  " + benchmark + " "));
    }

    @Test
    void helpNamesEveryCommand() {
        String help = Cli.output("--help");
        Stream.of("classify", "run", "info", "convert", "quantize", "plan", "bench").forEach(
                command -> assertTrue(help.contains("\n  " + command + " "), help));
    }

    @Test
    void withoutACommandTheHelpIsAnError() {
        Cli cli = Cli.run();
        assertEquals(2, cli.status());
        assertEquals("", cli.out());
        assertEquals(Cli.output("--help"), cli.err());
    }

    @Test
    void versionsOfAllThatRunsAreTold() {
        String[] lines = Cli.output("--version").split("\n");
        assertTrue(lines[0].startsWith("fasternet "), lines[0]);
        assertEquals("libfasternet 5", lines[1]);
        assertTrue(lines[2].matches("oneDNN \\d+\\.\\d+\\.\\d+"), lines[2]);
        assertEquals("Java " + System.getProperty("java.version"), lines[3]);
    }

    static Stream<List<Object>> wrongUsage() {
        return Stream.of(
                List.of("nonsense"),
                List.of("--nonsense"),
                List.of("classify"),
                List.of("classify", "--top"),
                List.of("classify", "--top", "two", IMAGE),
                List.of("classify", "--precision", "int3", IMAGE),
                List.of("classify", "--threads", "1.5", IMAGE),
                List.of("classify", "--size", "large", IMAGE),
                List.of("classify", "--size", "1x2x3", IMAGE),
                List.of("classify", "--size", "9999999999", IMAGE),
                List.of("classify", "--activation", "relu", IMAGE),
                List.of("classify", "--config", "config.json", IMAGE),
                List.of("run", "--input", "x.npy", "--output", "y.npy"),
                List.of("run", "--weights", "w.pth", "--input", "x.npy"),
                List.of("run", "--weights", "w.pth", "--input", "x.npy", "--output", "y.npy", "--features", "z"),
                List.of("info", "--variant", "XXL"),
                List.of("info", "--variant", "T0", "--weights", "w.pth"),
                List.of("info", "surplus"),
                List.of("quantize", "--weights", "w.pth", "--output", "q"),
                List.of("quantize", "--weights", "w.pth", "--output", "q", "--images", "i", "--data", "d"),
                List.of("quantize", "--weights", "w.pth", "--output", "q", "--images", "i", "--calibrate", "0"),
                List.of("quantize", "--weights", "w.pth", "--output", "q", "--images", "i", "--max-drop", "101"),
                List.of("quantize", "--weights", "w.pth", "--output", "q", "--images", "i", "--ranges", "best"),
                List.of("convert", "--weights", "w.pth"),
                List.of("convert", "--weights", "w.pth", "--output", "o", "--dtype", "f8"),
                List.of("convert", "--weights", "w.pth", "--output", "o", "--to", "tflite"),
                List.of("convert", "--weights", "w.pth", "--output", "o.onnx", "--dtype", "bf16"));
    }

    @ParameterizedTest
    @MethodSource
    void wrongUsage(List<Object> args) {
        String err = Cli.wrongUsage(args.toArray());
        assertTrue(err.startsWith("fasternet"), err);
        assertTrue(err.contains("--help' shows the usage"), err);
    }
}
