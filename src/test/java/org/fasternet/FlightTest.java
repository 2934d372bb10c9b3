package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What Java Flight Recorder is told. */
@Isolated("a recording has the events of all threads")
class FlightTest {
    @TempDir
    private Path folder;

    private Map<String, List<RecordedEvent>> record(Duration threshold, Runnable work) throws IOException {
        Path file = folder.resolve("flight.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("org.fasternet.BackendChosen");
            recording.enable("org.fasternet.Compilation");
            recording.enable("org.fasternet.Run").withThreshold(threshold);
            recording.start();
            work.run();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream().collect(Collectors.groupingBy(event -> event.getEventType().getName()));
    }

    private static void openAndRun(int runs) {
        try (Session session = FasterNet.demo().session(SessionOptions.defaults().withThreads(1))) {
            FloatBuffer dst = Buffers.floats(session.dstShapes().get(0).elements());
            for (int run = 0; run < runs; run++) {
                session.run(Buffers.floats(session.srcShape().elements()), dst);
            }
        }
    }

    @Test
    void aSessionIsFollowedFromTheChoiceOfItsBackEndOn() throws IOException {
        Map<String, List<RecordedEvent>> events = record(Duration.ZERO, () -> openAndRun(3));
        RecordedEvent choice = events.get("org.fasternet.BackendChosen").get(0);
        assertEquals("auto", choice.getString("asked"));
        assertEquals("f32", choice.getString("precision"));
        assertEquals("it is the fastest on this CPU in this precision", choice.getString("why"));
        RecordedEvent compilation = events.get("org.fasternet.Compilation").get(0);
        assertEquals("session", compilation.getString("kind"));
        assertEquals(choice.getString("chosen"), compilation.getString("backend"));
        assertEquals("1x1x56x56", compilation.getString("src"));
        assertTrue(compilation.getInt("steps") > 5 && compilation.getLong("weights") > 0 && compilation.getLong("arena") > 0);
        assertTrue(compilation.getDuration().toNanos() > 0);
        List<RecordedEvent> runs = events.get("org.fasternet.Run");
        assertEquals(3, runs.size());
        assertEquals(compilation.getString("isa"), runs.get(0).getString("isa"));
        assertEquals(1, runs.get(0).getInt("threads"));
        assertTrue(runs.get(0).getEndTime().isBefore(runs.get(2).getStartTime()), runs.toString());
    }

    @Test
    void onlyRunsOverTheThresholdAreRecorded() throws IOException {
        Map<String, List<RecordedEvent>> events = record(Duration.ofHours(1), () -> openAndRun(3));
        assertEquals(List.of(), events.getOrDefault("org.fasternet.Run", List.of()));
        assertEquals(1, events.get("org.fasternet.Compilation").size());
    }

    @Test
    void aKernelIsToo() throws IOException {
        Map<String, List<RecordedEvent>> events = record(Duration.ZERO, () -> {
            Shape shape = new Shape(1, 2, 4, 4);
            PartialConv conv = new PartialConv(2, TestData.weights(new Random(1), 1, 1, 3, 3));
            try (Kernel kernel = Kernel.compileInPlace(conv, shape, SessionOptions.defaults().withBackend("fused"))) {
                kernel.run(Buffers.floats(shape.elements()));
            }
        });
        assertEquals("it was asked for by name", events.get("org.fasternet.BackendChosen").get(0).getString("why"));
        assertEquals("kernel", events.get("org.fasternet.Compilation").get(0).getString("kind"));
        assertEquals(1, events.get("org.fasternet.Run").size());
    }

    /** A recording may be started when the session is open already. */
    @Test
    void aRunningSessionIsSeenToo() throws IOException {
        try (Session session = FasterNet.demo().session(SessionOptions.defaults().withThreads(1))) {
            FloatBuffer src = Buffers.floats(session.srcShape().elements());
            FloatBuffer dst = Buffers.floats(session.dstShapes().get(0).elements());
            session.run(src, dst);
            assertEquals(1, record(Duration.ZERO, () -> session.run(src, dst)).get("org.fasternet.Run").size());
        }
    }

    /** What an application's small image of Java may be without. */
    static final class Application {
        public static void main(String[] arguments) {
            openAndRun(1);
            System.out.println("ran with " + ModuleLayer.boot().findModule("jdk.jfr").map(Module::getName).orElse("nothing"));
        }
    }

    @Test
    void aJavaWithoutFlightRecorderIsEnough() throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of(), List.of("--limit-modules", "java.desktop,jdk.unsupported"), Application.class);
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().contains("ran with nothing"), result.output());
    }
}
