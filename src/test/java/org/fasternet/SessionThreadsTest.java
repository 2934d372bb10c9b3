package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;

/** One thread at a time, on a program that runs until it is told to end. */
class SessionThreadsTest {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private int closed;

    private final class Waiting implements Program {
        private final Shape shape = new Shape(1, 1, 1, 1);

        @Override
        public TensorBuffer src() {
            return new TensorBuffer(0, "src", TensorBuffer.Place.SRC, shape, ElementType.F32, Layout.nchw(shape));
        }

        @Override
        public List<TensorBuffer> dsts() {
            return List.of(new TensorBuffer(1, "dst", TensorBuffer.Place.DST, shape, ElementType.F32, Layout.nchw(shape)));
        }

        @Override
        public ExecutionPlan plan() {
            return new ExecutionPlan("waiting", "none", "none", Precision.F32, 1, 0, 0, List.of());
        }

        @Override
        public void bind(int slot, long address) {}

        @Override
        public void run() {
            entered.countDown();
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void profile(boolean on) {}

        @Override
        public List<ExecutionPlan.Time> stepTimes() {
            throw new AssertionError("nobody asks");
        }

        @Override
        public void close() {
            closed++;
        }
    }

    @Test
    void aSecondThreadIsTurnedAwayWhileTheFirstRuns() throws Exception {
        Session session = new Session(new Execution(new Waiting(), "session"), false);
        FloatBuffer src = Golden.floats(1);
        FloatBuffer dst = Golden.floats(1);
        Thread other = new Thread(() -> session.run(src, dst), "the other");
        other.start();
        entered.await();
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> session.run(src, dst));
        assertTrue(refusal.getMessage().contains("in use by the thread 'the other'"), refusal.getMessage());
        assertThrows(IllegalStateException.class, session::close);
        assertEquals(0, closed);
        mayEnd.countDown();
        other.join();
        session.run(src, dst);
        session.close();
        session.close();
        assertEquals(1, closed);
        assertThrows(IllegalStateException.class, () -> session.run(src, dst));
    }
}
