package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.fasternet.backend.Backends;
import org.fasternet.backend.spi.Backend;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.Network;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of a back end, and that it does not matter for the result. */
@Tag("every-isa")
class BackendsTest {
    private static final SessionOptions AUTO = SessionOptions.defaults();

    /** Also of one whose native libraries are not there. */
    @Test
    void everyBackEndTellsWhatItRefuses() {
        for (BackendInfo backend : Library.backends()) {
            for (Precision precision : Precision.values()) {
                Optional<String> refusal = backend.refuses(precision);
                if (backend.precisions().contains(precision)) {
                    backend.unavailable().ifPresent(reason -> assertEquals(reason, refusal.orElseThrow()));
                } else {
                    assertTrue(refusal.orElseThrow().contains("no kernels"), refusal.get());
                }
            }
        }
    }

    @Test
    void autoTakesTheFusedKernelsUnlessTheyArePortable() {
        boolean vectors = !TestBackends.named("fused").isa().equals("portable");
        assertEquals(vectors ? "fused" : "onednn", choose(AUTO).name());
        boolean tiles = TestBackends.named("onednn").isa().startsWith("avx512_core_amx");
        if (TestBackends.has("fused", Precision.BF16) && !tiles) {
            assertEquals("fused", choose(AUTO.withPrecision(Precision.BF16)).name());
        } else if (TestBackends.has("onednn", Precision.BF16)) {
            assertEquals("onednn", choose(AUTO.withPrecision(Precision.BF16)).name());
        }
        for (String name : TestBackends.names()) {
            assertEquals(name, choose(AUTO.withBackend(name)).name());
        }
    }

    /** Also for the portable one, which {@code auto} would not take by itself. */
    @Test
    void autoWithAnIsaTakesTheFusedKernels() {
        for (String isa : Hardware.detect().isas()) {
            assertEquals("fused", choose(AUTO.withIsa(isa)).name());
        }
        String best = Hardware.detect().isa();
        assertRefused(AUTO.withBackend("onednn").withIsa(best), "onednn: ISA " + best + " was asked for", "ONEDNN_MAX_CPU_ISA");
    }

    @Test
    void anIsaThatCannotBeHadIsRefusedWithThoseThatCan() {
        String usable = "expected one of: " + String.join(", ", Hardware.detect().isas());
        for (String backend : List.of(Backends.AUTO, "fused")) {
            SessionOptions options = AUTO.withBackend(backend);
            assertRefused(options.withIsa("avx1024"), "fused: there is no ISA \"avx1024\", " + usable);
            assertRefused(
                    options.withIsa("portable").withPrecision(Precision.BF16), "ISA portable has no bf16 kernels; f32 works");
        }
    }

    private static Backend choose(SessionOptions options) {
        return options.backendFor(Network.of(List.of()));
    }

    private static void assertRefused(SessionOptions options, String... parts) {
        String refusal = assertThrows(UnsupportedException.class, () -> choose(options)).getMessage();
        for (String part : parts) {
            assertTrue(refusal.contains(part), refusal);
        }
    }

    static final class Probe {
        public static void main(String[] args) {
            try {
                System.out.println(choose(AUTO.withBackend(args[0])).name());
            } catch (UnsupportedException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** Not even {@code auto} falls back on a back end that does not know the cap. */
    @Test
    void aCapOfUnknownNameIsRefused() throws Exception {
        for (String name : List.of(Backends.AUTO, "fused", "onednn")) {
            ForkedJvm.Result result = ForkedJvm.run(
                    List.of(), Map.of("FASTERNET_MAX_ISA", "avx1024"), List.of(), Probe.class, name);
            String refusal = "FASTERNET_MAX_ISA is \"avx1024\", expected one of: portable";
            assertTrue(result.output().startsWith(refusal), result.output());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void theBackEndsAgreeOnAnyNetwork(int seed) {
        Random random = new Random(seed);
        FasterNetConfig config = randomConfig(random);
        FasterNet net = FasterNet.random(config, seed);
        int smallest = 4 << (config.stages() - 1);
        Shape src = new Shape(
                1 + random.nextInt(3), config.inChannels(), smallest + random.nextInt(70), smallest + random.nextInt(70));
        float[] input = TestData.gaussian(random, src.elements());
        List<float[]> fused = run(net, src, input, "fused");
        List<float[]> onednn = run(net, src, input, "onednn");
        assertEquals(onednn.size(), fused.size());
        for (int i = 0; i < fused.size(); i++) {
            Golden.assertClose(onednn.get(i), fused.get(i), Golden.F32_TOLERANCE);
        }
    }

    private static FasterNetConfig randomConfig(Random random) {
        List<Integer> depths = new ArrayList<>();
        for (int stage = random.nextInt(4); stage >= 0; stage--) {
            depths.add(random.nextInt(3));
        }
        int nDiv = 1 + random.nextInt(6);
        boolean detection = random.nextInt(3) == 0;
        return new FasterNetConfig(1 + random.nextInt(4), nDiv + random.nextInt(60), depths, nDiv, 1 + random.nextInt(5) / 2.0,
                detection ? 0 : 1 + random.nextInt(200), detection ? 0 : random.nextInt(50),
                random.nextBoolean() ? Activation.RELU : Activation.GELU, random.nextBoolean(), random.nextBoolean(), detection);
    }

    private static List<float[]> run(FasterNet net, Shape src, float[] input, String backend) {
        SessionOptions options = SessionOptions.defaults().withBackend(backend).withBatch(src.n()).withSize(src.h(), src.w());
        try (Session session = net.session(options)) {
            TestBackends.assertRuns(backend, session.plan());
            FloatBuffer[] dsts = session.dstShapes().stream().map(s -> Golden.floats(s.elements())).toArray(FloatBuffer[]::new);
            session.run(Golden.direct(input), dsts);
            return List.of(dsts).stream().map(Golden::array).toList();
        }
    }
}
