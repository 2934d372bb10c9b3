package org.fasternet.tools.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.fasternet.FasterNet;
import org.fasternet.Golden;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.compute.Precision;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;
import org.fasternet.quantize.Quantizer;
import org.fasternet.quantize.RangeMethod;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeersTest {
    /** Both activations, a network without classes, and one whose blocks convolve all channels. */
    private static final List<FasterNet> NETWORKS = List.of(
            network(12, 4, 10, Activation.RELU), network(16, 4, 0, Activation.GELU), network(8, 1, 3, Activation.GELU));

    private static FasterNet network(int embedDim, int nDiv, int classes, Activation activation) {
        Checkpoint checkpoint = Checkpoint.random(
                new FasterNetConfig(3, embedDim, List.of(1, 2), nDiv, 2, 20, classes, activation, false, true, false), 5);
        try (Quantizer quantizer = new Quantizer(checkpoint, RangeMethod.MSE)) {
            for (int i = 3; i < 9; i++) {
                quantizer.calibrate(Buffers.random(quantizer.shape(), i));
            }
            return FasterNet.of(quantizer.quantize());
        }
    }

    private static Peer peer(String name, Precision precision) {
        return Peers.all().stream().filter(p -> p.name().equals(name) && p.precision() == precision).findFirst().orElseThrow();
    }

    static Stream<Peer> others() {
        return Peers.all().stream().filter(peer -> !peer.equals(Peers.all().get(0)));
    }

    /** Twice, with another source: a run reads it anew. */
    @ParameterizedTest
    @Tag("every-back-end")
    @MethodSource("others")
    void everyPeerComputesWhatOursDo(Peer peer) {
        assumeTrue(peer.unavailable().isEmpty(), () -> peer.unavailable().orElseThrow());
        assertTrue(peer.version().matches(".+ [1-9][.0-9]*.*"), peer::version);
        for (FasterNet network : NETWORKS) {
            // In int8 means of other sizes than that of calibration have another range.
            boolean int8 = peer.precision() == Precision.INT8;
            PeerCase work = PeerCase.of(network, 2, int8 ? 224 : 33, int8 ? 224 : 42, 2);
            try (AgreeingPeers agreeing = AgreeingPeers.of(List.of(Peers.all().get(0), peer), work, 1)) {
                assertEquals(0, agreeing.entries().get(0).difference());
                double difference = agreeing.entries().get(1).difference();
                assertTrue(difference > 0 && difference < peer.precision().tolerance(), () -> peer + " is off by " + difference);
                FloatBuffer src = Buffers.random(work.src(), 2);
                List<float[]> outputs = new ArrayList<>();
                for (AgreeingPeers.Entry entry : agreeing.entries()) {
                    entry.run().src().put(0, src, 0, src.capacity());
                    entry.run().run();
                    outputs.add(Golden.array(entry.run().dst()));
                }
                assertEquals(2 * work.outputs(), outputs.get(0).length);
                Golden.assertClose(outputs.get(0), outputs.get(1), peer.precision());
            }
        }
    }

    /** It is on the tests' class path, so its test above is never skipped. */
    @Test
    void onnxRuntimeIsCompared() {
        assertEquals(Optional.empty(), peer("onnxruntime", Precision.F32).unavailable());
    }

    @Test
    void whoIsMissingSaysHowToGetIt() {
        String reason = Peers.missing("Abacus", "org/fasternet/tools/bench/peers/Peer.class", "abacus/Beads.class").orElseThrow();
        assertEquals("Abacus is not on the class path (abacus/Beads.class is missing): FASTERNET_PEERS=1 native/fasternet, or"
                + " Maven's profile 'peers', puts it there", reason);
    }

    /** Computes another network, or NaN. */
    private static final class Impostor implements Peer, PreparedRun {
        private final FloatBuffer src = Buffers.floats(3 * 32 * 32);
        private final FloatBuffer dst = Buffers.floats(10);
        private final float error;
        private boolean closed;
        private RuntimeException stuck;

        private Impostor(float error) {
            this.error = error;
        }

        @Override
        public String name() {
            return "impostor";
        }

        @Override
        public Precision precision() {
            return Precision.F32;
        }

        @Override
        public Optional<String> unavailable() {
            return Optional.empty();
        }

        @Override
        public String version() {
            return "Impostor 1";
        }

        @Override
        public PreparedRun prepare(PeerCase work) {
            return this;
        }

        @Override
        public FloatBuffer src() {
            return src;
        }

        @Override
        public FloatBuffer dst() {
            return dst;
        }

        @Override
        public void run() {
            dst.put(0, new float[10]).put(3, 5f).put(7, -4f + error);
        }

        @Override
        public void close() {
            closed = true;
            if (stuck != null) {
                throw stuck;
            }
        }
    }

    @Test
    void whoComputesSomethingElseIsNamedAndNotTimed() {
        PeerCase work = PeerCase.of(NETWORKS.get(0), 1, 32, 32, 1);
        for (float error : new float[] {0.5f, Float.NaN}) {
            Impostor reference = new Impostor(0);
            Impostor wrong = new Impostor(error);
            FasterNetException refused = assertThrows(FasterNetException.class,
                    () -> AgreeingPeers.of(List.of(reference, wrong), work, 1));
            assertTrue(refused.getMessage().startsWith("impostor f32 and impostor f32 compute outputs that differ by "
                    + (Float.isNaN(error) ? "NaN " : "0.1 ")), refused.getMessage());
            assertTrue(reference.closed && wrong.closed);
        }
        try (AgreeingPeers agreed = AgreeingPeers.of(List.of(new Impostor(0), new Impostor(0.0004f)), work, 1)) {
            assertEquals(0.0004 / 5, agreed.entries().get(1).difference(), 1e-7);
        }
    }

    @Test
    void whoCannotBeClosedDoesNotKeepTheOthers() {
        PeerCase work = PeerCase.of(NETWORKS.get(0), 1, 32, 32, 1);
        Impostor first = new Impostor(0);
        Impostor last = new Impostor(0);
        AgreeingPeers agreed = AgreeingPeers.of(List.of(first, last), work, 1);
        last.stuck = new IllegalStateException("stuck");
        assertSame(last.stuck, assertThrows(IllegalStateException.class, agreed::close));
        assertTrue(first.closed);
    }

    /** 2^29 values and more are 2^31 bytes and more. */
    @Test
    void buffersThatCannotBeAreRefused() {
        for (int batch : new int[] {180_000, 350_000, 699_000}) {
            PeerCase large = PeerCase.of(NETWORKS.get(0), batch, 32, 32, 1);
            for (Peer peer : List.of(peer("fused", Precision.F32), peer("onnxruntime", Precision.F32))) {
                String message = assertThrows(ShapeException.class, () -> peer.prepare(large)).getMessage();
                assertTrue(message.startsWith("a buffer of " + (batch * 3L * 32 * 32 * 4) + " bytes"), message);
            }
        }
        assertThrows(ShapeException.class, () -> Buffers.floats(1L << 32));
    }

    @Test
    void backbonesAreRefused() {
        FasterNet backbone = FasterNet.load(Golden.file("features/official.pth"));
        assertThrows(UnsupportedException.class, () -> new PeerCase(backbone, new Shape(1, 3, 64, 64), 1));
    }
}
