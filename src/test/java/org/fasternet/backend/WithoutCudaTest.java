package org.fasternet.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.fasternet.DeviceBuffer;
import org.fasternet.FasterNet;
import org.fasternet.ForkedJvm;
import org.fasternet.Library;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.junit.jupiter.api.Test;

/** An application that stays on the CPU has no jar of CUDA on its class path. */
class WithoutCudaTest {
    /** What such an application does, and what it is told when it asks for a GPU nevertheless. */
    static final class Application {
        public static void main(String[] arguments) {
            try (Session session = FasterNet.demo().session()) {
                FloatBuffer dst = Buffers.floats(session.dstShapes().get(0).elements());
                session.run(Buffers.floats(session.srcShape().elements()), dst);
                System.out.println("ran on " + session.plan().backend());
            }
            Library.backends().forEach(backend -> System.out.println("backend " + backend.name()));
            refused(() -> FasterNet.demo().session(SessionOptions.defaults().withBackend("cudnn")).close());
            refused(() -> DeviceBuffer.allocate(16).close());
        }

        private static void refused(Runnable asking) {
            try {
                asking.run();
                System.out.println("not refused");
            } catch (UnsupportedException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    @Test
    void theCpuNeedsNothingOfIt() throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !new File(entry).getName().startsWith("cuda-"))
                .collect(Collectors.joining(File.pathSeparator));
        assertFalse(classPath.contains("cuda-13"), classPath);
        List<String> command = ForkedJvm.command(List.of("-verbose:class"), Application.class);
        command.set(command.indexOf("-cp") + 1, classPath);
        ForkedJvm.Result result = ForkedJvm.run(command, Map.of());
        List<String> lines = result.output().lines().toList();
        assertEquals(0, result.status(), result.output());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("ran on ") && !line.contains("cudnn")), result.output());
        List<String> refusals = lines.stream().filter(line -> line.contains("refused")).toList();
        assertEquals(2, refusals.size(), refusals::toString);
        assertTrue(refusals.stream().allMatch(line -> line.startsWith("refused: ")
                && line.contains("org.bytedeco:cuda is not on the class path")), refusals::toString);
        assertTrue(lines.stream().noneMatch(line -> line.contains("org.bytedeco.cuda.") && line.contains("source:")));
    }
}
