package org.fasternet.tools.bench.peers;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.error.FasterNetException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;

/**
 * One case prepared by several peers, which were seen to compute the same: nobody gets to time what was not compared. For the
 * thread that made it.
 */
public final class AgreeingPeers implements AutoCloseable {
    private final Resources runs = new Resources();
    private final List<Entry> entries = new ArrayList<>();

    /**
     * @param run prepared, and run once
     * @param difference largest absolute difference of an output from the reference's, as a part of the reference's largest
     */
    public record Entry(Peer peer, PreparedRun run, double difference) {}

    private AgreeingPeers() {}

    /**
     * Prepares the case with every peer and runs each once on the same random source, which they keep. The reference is the first
     * peer, so put one first that computes in f32.
     *
     * @param peers available ones, at least one
     * @throws FasterNetException if a peer cannot run the case, or its outputs differ from the reference's by more than its
     *     {@link org.fasternet.compute.Precision#tolerance}: it is named
     */
    public static AgreeingPeers of(List<Peer> peers, PeerCase work, long seed) {
        AgreeingPeers agreeing = new AgreeingPeers();
        try {
            FloatBuffer src = Buffers.random(work.src(), seed);
            peers.forEach(peer -> agreeing.add(peer, work, src));
            return agreeing;
        } catch (RuntimeException | Error e) {
            Resources.closeAfter(e, agreeing);
            throw e;
        }
    }

    private void add(Peer peer, PeerCase work, FloatBuffer src) {
        PreparedRun run = runs.add(peer.prepare(work), PreparedRun::close);
        entries.add(new Entry(peer, run, 0));
        run.src().put(0, src, 0, src.capacity());
        run.run();
        Entry reference = entries.get(0);
        double difference = difference(reference.run.dst(), run.dst());
        double tolerance = peer.precision().tolerance();
        if (!(difference <= tolerance)) {
            throw new FasterNetException(title(peer) + " and " + title(reference.peer) + " compute outputs that differ by "
                    + difference + " of the largest, at most " + tolerance + " is expected: nothing is timed");
        }
        entries.set(entries.size() - 1, new Entry(peer, run, difference));
    }

    private static double difference(FloatBuffer expected, FloatBuffer actual) {
        double largest = 0;
        double worst = 0;
        for (int i = 0; i < expected.capacity(); i++) {
            largest = Math.max(largest, Math.abs(expected.get(i)));
            // NaN stays NaN, which is within no tolerance.
            worst = Math.max(worst, Math.abs((double) expected.get(i) - actual.get(i)));
        }
        return largest == 0 ? worst : worst / largest;
    }

    private static String title(Peer peer) {
        return peer.name() + " " + peer.precision().id();
    }

    /** In the order of the peers. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    @Override
    public void close() {
        runs.close();
    }
}
