package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Layer;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the back end {@code fused} promises beyond what all back ends do. */
@Tag("every-isa")
class FusedSessionTest {
    private static final SessionOptions OPTIONS = SessionOptions.defaults().withBackend("fused");

    @Test
    void resultsDoNotDependOnTheNumberOfThreads() {
        FasterNet net = FasterNet.random(Variant.T0, 7);
        SessionOptions small = OPTIONS.withSize(75, 130).withBatch(2);
        FloatBuffer src = Golden.direct(TestData.gaussian(new Random(1), 2 * 3 * 75 * 130));
        float[] alone = logits(net, small.withThreads(1), src);
        for (int threads : new int[] {2, 3, 5, 16}) {
            assertArrayEquals(alone, logits(net, small.withThreads(threads), src), threads + " threads");
        }
    }

    /** No spin, and the longest: how threads wait does not show in the result. */
    @Test
    void anySpinIsAllowedThatIsNotAbsurd() {
        FasterNet net = FasterNet.random(Variant.T0, 7);
        SessionOptions small = OPTIONS.withSize(64, 64).withThreads(3);
        FloatBuffer src = Golden.direct(TestData.gaussian(new Random(1), 3 * 64 * 64));
        float[] expected = logits(net, small.withSpin(Duration.ZERO), src);
        assertArrayEquals(expected, logits(net, small.withSpin(Duration.ofSeconds(1)), src));
        assertThrows(UnsupportedException.class, () -> OPTIONS.withSpin(Duration.ofNanos(-1)));
        assertThrows(UnsupportedException.class, () -> OPTIONS.withSpin(Duration.ofDays(1_000_000)));
    }

    private static float[] logits(FasterNet net, SessionOptions options, FloatBuffer src) {
        try (Session session = net.session(options)) {
            TestBackends.assertRuns("fused", session.plan());
            assertEquals(options.threads().getAsInt(), session.plan().threads());
            assertEquals(Bindings.current().name(), session.plan().binding());
            FloatBuffer dst = Golden.floats(session.dstShapes().get(0).elements());
            session.run(src, dst);
            return Golden.array(dst);
        }
    }

    /** All at once, so that one that used the weights packed for another would be seen. */
    @Test
    void everyIsaOfTheMachineIsUsedWhereItIsAskedFor() {
        FasterNet net = FasterNet.random(Variant.T0, 7);
        Shape shape = new Shape(1, 3, 37, 40);
        float[] src = TestData.gaussian(new Random(1), shape.elements());
        float[] expected = TestData.floats(NaiveLayers.run(net.layers(), shape, TestData.doubles(src), null).get(0));
        List<Session> sessions = new ArrayList<>();
        try {
            for (String isa : Hardware.detect().isas()) {
                Session session = net.session(OPTIONS.withIsa(isa).withSize(37, 40).withThreads(2));
                sessions.add(session);
                assertRuns(isa, session.plan());
                FloatBuffer dst = Golden.floats(expected.length);
                session.run(Golden.direct(src), dst);
                Golden.assertClose(expected, Golden.array(dst), Precision.F32);
            }
        } finally {
            sessions.forEach(Session::close);
        }
    }

    @Test
    void kernelsTakeAnIsaToo() {
        for (String isa : Hardware.detect().isas()) {
            try (Kernel kernel = Kernel.compile(new Pool(), new Shape(1, 5, 1, 2), OPTIONS.withIsa(isa))) {
                assertRuns(isa, kernel.plan());
                FloatBuffer dst = Golden.floats(5);
                kernel.run(Golden.direct(new float[] {1, 2, 3, 4, 5, 3, 4, 5, 6, 7}), dst);
                assertArrayEquals(new float[] {2, 3, 4, 5, 6}, Golden.array(dst));
            }
        }
    }

    /** Steps named input and output are copies. */
    @Test
    void kernelsCopyOnlyWhatTheyMust() {
        Random random = new Random(1);
        Pointwise pointwise = Pointwise.of(6, 8, TestData.weights(random, 6, 8).data());
        assertEquals(List.of("Pointwise pointwise"), steps(pointwise, false));
        assertEquals(List.of("Pointwise pointwise"), steps(pointwise.withResidual(), false));
        assertEquals(List.of("PatchConv patch convolution"),
                steps(new PatchConv(TestData.weights(random, 6, 8, 2, 2), TestData.gaussian(random, 6)), false));
        assertEquals(List.of("Pool average pool"), steps(new Pool(), false));
        PartialConv partial = new PartialConv(8, TestData.weights(random, 2, 2, 3, 3));
        assertEquals(
                List.of("PartialConv input", "PartialConv partial convolution", "PartialConv output"), steps(partial, false));
        assertEquals(List.of("PartialConv input", "PartialConv partial convolution"), steps(partial, true));
        Block block = new Block(partial, TestData.weights(random, 16, 8), TestData.gaussian(random, 16), Activation.RELU,
                TestData.weights(random, 8, 16));
        for (boolean inPlace : new boolean[] {false, true}) {
            assertEquals(List.of("Block input", "Block block"), steps(block, inPlace));
        }
    }

    private static List<String> steps(Layer layer, boolean inPlace) {
        Shape src = new Shape(1, 8, 4, 4);
        SessionOptions alone = OPTIONS.withThreads(1);
        try (Kernel kernel = inPlace ? Kernel.compileInPlace(layer, src, alone) : Kernel.compile(layer, src, alone)) {
            return kernel.plan().steps().stream().map(ExecutionPlan.Step::label).toList();
        }
    }

    private static void assertRuns(String isa, ExecutionPlan plan) {
        assertEquals(isa, plan.isa());
        plan.steps().forEach(step -> assertEquals("fused:" + isa, step.implementation()));
    }

    /** In a JVM of its own whose heap is all there from the start, so that what changes is native memory. */
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the process's memory is read from /proc")
    @Test
    void sessionsShareThePackedWeightsAndTheLastOneFreesThem() throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of(), List.of("-Xms400m", "-Xmx400m", "-XX:+AlwaysPreTouch"), SharedWeights.class);
        assertEquals(0, result.status(), result.output());
        List<Long> megabytes = result.output().lines().map(Long::valueOf).toList();
        long packed = megabytes.get(0);
        assertTrue(packed > 55, "T2 has 15 million weights, packed they have " + packed + " MB");
        assertTrue(Math.abs(megabytes.get(1) - packed) <= packed / 4, "the first session added " + megabytes);
        assertTrue(Math.abs(megabytes.get(2)) <= packed / 4, "the second, on pixels, added " + megabytes);
        assertTrue(Math.abs(megabytes.get(3)) <= packed / 4, "the first's close gave back " + megabytes);
        assertTrue(megabytes.get(4) <= -packed * 3 / 4, "the second's close gave back " + megabytes);
    }

    /** Prints, in MB: the packed weights, and by how much the process grew with each step, the sessions' arenas not counted. */
    static final class SharedWeights {
        private static long before;

        public static void main(String[] args) throws Exception {
            FasterNet net = FasterNet.random(Variant.T2, 1);
            SessionOptions options = OPTIONS.withThreads(1);
            // What the JVM loads for a session, it has now.
            FasterNet.random(Variant.T0, 1).session(options).close();
            grown(0);
            Session floats = net.session(options);
            System.out.println(floats.plan().weightBytes() >> 20);
            System.out.println(grown(floats.plan().arenaBytes()));
            Session pixels = net.session(options.withPixels());
            System.out.println(grown(pixels.plan().arenaBytes()));
            floats.close();
            System.out.println(grown(-floats.plan().arenaBytes()));
            pixels.close();
            System.out.println(grown(-pixels.plan().arenaBytes()));
        }

        private static long grown(long arenaBytes) throws Exception {
            long now = TestData.residentKilobytes();
            long grown = (now - before >> 10) - (arenaBytes >> 20);
            before = now;
            return grown;
        }
    }
}
