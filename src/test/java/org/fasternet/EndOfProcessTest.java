package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A process ends when it is told to, whatever its threads are in the middle of: native code goes on until the last moment. */
@Tag("every-back-end")
@ParameterizedClass
@MethodSource("org.fasternet.TestBackends#names")
class EndOfProcessTest {
    private static final int STATUS = 3;

    private final String backend;

    EndOfProcessTest(String backend) {
        this.backend = backend;
    }

    static final class Busy {
        public static void main(String[] args) throws InterruptedException {
            FasterNet model = FasterNet.demo();
            CountDownLatch running = new CountDownLatch(4);
            for (int i = 0; i < 4; i++) {
                int runs = i % 2 == 0 ? 2 : Integer.MAX_VALUE;
                new Thread(() -> {
                    while (true) {
                        openAndRun(model, args[0], runs, running);
                    }
                }).start();
            }
            running.await();
            System.exit(STATUS);
        }

        private static void openAndRun(FasterNet model, String backend, int runs, CountDownLatch running) {
            try (Session session = model.session(SessionOptions.defaults().withBackend(backend))) {
                FloatBuffer src = Golden.floats(session.srcShape().elements());
                FloatBuffer dst = Golden.floats(session.dstShapes().get(0).elements());
                for (int i = 0; i < runs; i++) {
                    session.run(src, dst);
                    running.countDown();
                }
            }
        }
    }

    @RepeatedTest(3)
    void itsThreadsMayBeRunning() throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of(), Busy.class, backend);
        assertEquals(STATUS, result.status(), result.output());
        assertEquals("", result.output());
    }
}
