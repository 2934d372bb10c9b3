package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the time of a run goes, step by step. */
@Tag("every-back-end")
class ProfileTest {
    private static final int THREADS = 2;

    static List<String> backends() {
        return TestBackends.names();
    }

    private static SessionOptions options(String backend) {
        return SessionOptions.defaults().withBackend(backend).withThreads(THREADS);
    }

    private static List<Optional<ExecutionPlan.Time>> times(ExecutionPlan plan) {
        return plan.steps().stream().map(ExecutionPlan.Step::time).toList();
    }

    /** Times lie within the run, and the thread's within the step's. */
    private static void assertWithin(long elapsed, ExecutionPlan plan) {
        long sum = 0;
        for (ExecutionPlan.Step step : plan.steps()) {
            ExecutionPlan.Time time = step.time().orElseThrow();
            assertTrue(time.nanos() >= 0, step::toString);
            assertEquals(plan.backend().equals("fused") ? THREADS : 0, time.busyNanos().size());
            assertTrue(time.busyNanos().isEmpty() || time.busyNanos().get(0) <= time.nanos(), step::toString);
            sum += time.nanos();
        }
        assertTrue(sum > 0 && sum <= elapsed, sum + " of " + elapsed + " ns");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aSessionTakesTheTimesOfItsStepsAsLongAsTheyAreWanted(String backend) {
        FasterNet model = FasterNet.demo();
        Session session = model.session(options(backend));
        FloatBuffer src = Buffers.random(session.srcShape(), 1);
        FloatBuffer plain = Buffers.floats(session.dstShapes().get(0).elements());
        FloatBuffer timed = Buffers.floats(session.dstShapes().get(0).elements());
        session.run(src, plain);
        ExecutionPlan plan = session.plan();
        assertTrue(times(plan).stream().allMatch(Optional::isEmpty));

        session.profile(true);
        for (ExecutionPlan.Step step : session.plan().steps()) {
            assertEquals(0, step.time().orElseThrow().nanos(), "nothing has run");
        }
        for (int run = 0; run < 3; run++) {
            long start = System.nanoTime();
            session.run(src, timed);
            assertWithin(System.nanoTime() - start, session.plan());
        }
        assertEquals(plain, timed);
        session.profile(false);
        assertEquals(plan, session.plan());
        session.run(src, timed);
        assertEquals(plan, session.plan());
        session.profile(true);
        session.close();
        assertThrows(IllegalStateException.class, session::plan);
        assertThrows(IllegalStateException.class, () -> session.profile(false));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aKernelDoesToo(String backend) {
        Shape shape = new Shape(2, 8, 32, 32);
        PartialConv conv = new PartialConv(8, TestData.weights(new Random(1), 4, 4, 3, 3));
        try (Kernel kernel = Kernel.compileInPlace(conv, shape, options(backend))) {
            FloatBuffer x = Buffers.random(shape, 1);
            kernel.profile(true);
            long start = System.nanoTime();
            kernel.run(x);
            assertWithin(System.nanoTime() - start, kernel.plan());
        }
    }
}
