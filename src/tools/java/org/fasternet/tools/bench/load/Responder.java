package org.fasternet.tools.bench.load;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;

/** A session that answers queries, for one thread. Neighbours of the data set are read in place, others are gathered first. */
final class Responder implements AutoCloseable {
    private final Session session;
    private final DataSet data;
    private final ByteBuffer pixels;
    private final ByteBuffer gathered;
    private final FloatBuffer[] dsts;
    private final int batch;
    private final Optional<Outputs> outputs;

    /** Takes results, from the thread of each session. */
    interface Outputs {
        /**
         * @param image of the data set
         * @param dst what the network wrote for a batch
         * @param row which of the batch
         */
        void take(int image, FloatBuffer dst, int row);
    }

    /**
     * @param options for 8-bit input
     * @param outputs what becomes of results; absent: nothing
     */
    Responder(FasterNet network, SessionOptions options, DataSet data, Optional<Outputs> outputs) {
        this.outputs = outputs;
        this.data = data;
        this.pixels = data.view();
        this.batch = options.batch();
        this.gathered = Buffers.bytes((long) batch * data.imageBytes());
        this.session = network.session(options);
        try {
            this.dsts = Buffers.floats(session.dstShapes());
        } catch (RuntimeException | Error e) {
            Resources.closeAfter(e, session);
            throw e;
        }
    }

    ExecutionPlan plan() {
        return session.plan();
    }

    /** Runs a query of any length, batch by batch. */
    void answer(Query query) {
        for (Query rest = query; rest.samples() > 0; rest = rest.skip(Math.min(batch, rest.samples()))) {
            answer(List.of(rest.limit(Math.min(batch, rest.samples()))));
        }
    }

    /** @param queries of together no more samples than a batch; a smaller batch takes as long as a full one */
    void answer(List<Query> queries) {
        try {
            session.run(queries.size() == 1 ? pixels.position(data.position(queries.get(0).first())) : gather(queries), dsts);
            long now = LoadClock.SYSTEM.nanos();
            outputs.ifPresent(taker -> hand(queries, taker));
            queries.forEach(query -> query.answers().answered(query, now));
        } catch (RuntimeException | Error e) {
            queries.forEach(query -> query.answers().failed(e));
        }
    }

    private void hand(List<Query> queries, Outputs taker) {
        int row = 0;
        for (Query query : queries) {
            for (int i = 0; i < query.samples(); i++) {
                taker.take((query.first() + i) % data.images(), dsts[0], row++);
            }
        }
    }

    private ByteBuffer gather(List<Query> queries) {
        int at = 0;
        for (Query query : queries) {
            int bytes = query.samples() * data.imageBytes();
            gathered.put(at, pixels, data.position(query.first()), bytes);
            at += bytes;
        }
        return gathered;
    }

    @Override
    public void close() {
        session.close();
    }
}
