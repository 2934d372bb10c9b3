package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.InvalidFileException;
import org.fasternet.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's weights are in memory once, packed, and read from its file whenever they are packed. */
class FasterNetMemoryTest {
    private static final SessionOptions OPTIONS = SessionOptions.defaults().withBackend("fused").withThreads(1);

    @TempDir
    Path folder;

    /** In a JVM of its own whose heap is all there from the start, so that resident memory grows by what is native. */
    @Test
    void aModelTakesLittleMoreThanItsPackedWeightsAndTheArenas() throws Exception {
        Path file = folder.resolve("T2.safetensors");
        Checkpoint.random(Variant.T2.config(), 1).write(file, false, DType.F32);
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(),
                List.of("-Xms400m", "-Xmx400m", "-XX:+AlwaysPreTouch"), TwoSessions.class, file.toString());
        assertEquals(0, result.status(), result.output());
        List<Long> kilobytes = result.output().lines().map(Long::valueOf).toList();
        long packed = kilobytes.get(0);
        long arenas = kilobytes.get(1);
        long resident = kilobytes.get(2) + kilobytes.get(3);
        assertTrue(packed > 55 << 10, "T2 has 15 million weights, packed they have " + packed + " kB");
        assertTrue(resident <= 1.3 * packed + arenas, "packed, arenas, native memory and heap that came: " + kilobytes);
    }

    /** Prints, in kB: packed weights, two sessions' arenas, and by how much native memory and heap in use have grown. */
    static final class TwoSessions {
        public static void main(String[] arguments) throws Exception {
            // What the JVM loads for a session, it has now.
            FasterNet.random(Variant.T0, 1).session(OPTIONS).close();
            long heap = heapKilobytes();
            long resident = TestData.residentKilobytes();
            FasterNet net = FasterNet.load(Path.of(arguments[0]));
            try (Session first = net.session(OPTIONS); Session second = net.session(OPTIONS)) {
                for (Session session : List.of(first, second)) {
                    FloatBuffer src = Golden.floats(session.srcShape().elements());
                    session.run(src, Golden.floats(session.dstShapes().get(0).elements()));
                }
                System.out.println(first.plan().weightBytes() >> 10);
                System.out.println(first.plan().arenaBytes() + second.plan().arenaBytes() >> 10);
                System.out.println(TestData.residentKilobytes() - resident);
                System.out.println(heapKilobytes() - heap);
                net.layers(); // is in use until here
            }
        }

        private static long heapKilobytes() {
            System.gc();
            return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"official.pth", "timm.safetensors"})
    void theFileIsNeededWhereWeightsArePackedAndMustBeTheSame(String name) throws Exception {
        Path file = Files.copy(Golden.file("layer-scale/" + name), folder.resolve(name));
        Files.copy(Golden.file("layer-scale/config.json"), folder.resolve("config.json"));
        FasterNet net = FasterNet.load(file);
        try (Session first = net.session(OPTIONS)) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
            net.session(OPTIONS).close(); // shares what the first has packed
            assertRefused(net, OPTIONS.withPrecision(Precision.F32).withBackend("onednn"), file + ": has changed since");
        }
        assertRefused(net, OPTIONS, file + ": has changed since the model was loaded");
        Files.delete(file);
        assertRefused(net, OPTIONS, file + ": no such file");
    }

    private static void assertRefused(FasterNet net, SessionOptions options, String expected) {
        String message = assertThrows(InvalidFileException.class, () -> net.session(options)).getMessage();
        assertTrue(message.startsWith(expected), message);
    }
}
