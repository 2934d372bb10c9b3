package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.fasternet.internal.Buffers;
import org.junit.jupiter.api.Test;

/**
 * What the way from a process's start to its first result must not load, since each costs that way a tenth or more: a JSON library
 * beyond its streaming parser; events of Flight Recorder; and {@code ObjectMethods}, by which the JVM assembles a record's own
 * {@code equals} and {@code hashCode} of method handles when the first one is called, 40 ms of a start. Records that are compared on
 * that way have theirs written out.
 */
class LoadedClassesTest {
    private static final int MOST_OF_GSON = 10;
    /** Each takes 0.3 ms, and compilers' time besides: on the way to a first result, a loop says as much as a stream. */
    private static final int MOST_LAMBDAS = 75;

    /** What a small service does first. */
    static final class Application {
        public static void main(String[] arguments) {
            try (Session session = FasterNet.load(Path.of(arguments[0])).session()) {
                FloatBuffer dst = Buffers.floats(session.dstShapes().get(0).elements());
                session.run(Buffers.floats(session.srcShape().elements()), dst);
                System.out.println("ran on " + session.plan().backend());
            }
        }
    }

    @Test
    void aStartLoadsNoMoreThanItNeeds() throws Exception {
        Path weights = Path.of("src/main/resources/org/fasternet/demo/model.safetensors");
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of(), List.of("-verbose:class"), Application.class, weights.toString());
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().contains("ran on fused"), result.output());
        List<String> loaded = result.output().lines().filter(line -> line.contains("source:")).toList();
        assertTrue(loaded.size() > 500, "few classes: " + loaded.size());
        assertEquals(List.of(), loaded.stream().filter(line -> line.contains(" java.lang.runtime.ObjectMethods ")
                || line.contains(" com.fasterxml.") || line.contains(" jdk.jfr.") && !line.contains(" jdk.jfr.FlightRecorder "))
                .toList());
        List<String> gson = loaded.stream().filter(line -> line.contains(" com.google.gson.")).toList();
        assertTrue(gson.size() <= MOST_OF_GSON, gson::toString);
        List<String> lambdas = loaded.stream()
                .filter(line -> line.contains(" org.fasternet.") && line.contains("$$Lambda")).toList();
        assertTrue(lambdas.size() <= MOST_LAMBDAS, () -> lambdas.size() + ": " + lambdas);
    }
}
