package org.fasternet.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import org.fasternet.tools.Main;

/** One command, run in this process. */
record Cli(int status, String out, String err) {
    static Cli run(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(
                new PrintWriter(out), new PrintWriter(err), Arrays.stream(args).map(Object::toString).toArray(String[]::new));
        return new Cli(status, lines(out), lines(err));
    }

    /** With a line's end the same on every system. */
    private static String lines(StringWriter text) {
        return text.toString().replace(System.lineSeparator(), "\n");
    }

    /** Runs a command that succeeds, and returns its output. */
    static String output(Object... args) {
        Cli cli = run(args);
        assertEquals("", cli.err);
        assertEquals(0, cli.status);
        return cli.out;
    }

    /** Runs a command that is wrong usage, and returns the one line that says so. */
    static String wrongUsage(Object... args) {
        Cli cli = run(args);
        assertEquals(2, cli.status);
        assertEquals("", cli.out);
        assertEquals(1, cli.err.lines().count(), cli.err);
        return cli.err;
    }

    /** Runs a command that succeeds, and returns the JSON it prints. */
    static JsonNode json(Object... args) throws JsonProcessingException {
        return new ObjectMapper().readTree(output(args));
    }
}
