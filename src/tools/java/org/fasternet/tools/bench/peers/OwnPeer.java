package org.fasternet.tools.bench.peers;

import java.nio.FloatBuffer;
import java.util.Optional;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.internal.Buffers;

/** A back end of this library. */
record OwnPeer(String name, Precision precision) implements Peer {
    private BackendInfo backend() {
        return Library.backend(name);
    }

    @Override
    public Optional<String> unavailable() {
        return backend().unavailable().or(() -> backend().refuses(precision));
    }

    @Override
    public Processor processor() {
        return backend().processor();
    }

    @Override
    public String version() {
        return backend().version();
    }

    @Override
    public PreparedRun prepare(PeerCase work) {
        FloatBuffer src = Buffers.floats(work.src().elements());
        FloatBuffer dst = Buffers.floats(work.dstElements());
        Session session = work.network().session(SessionOptions.defaults()
                .withBackend(name)
                .withPrecision(precision)
                .withThreads(work.threads())
                .withBatch(work.src().n())
                .withSize(work.src().h(), work.src().w()));
        return new Run(session, src, dst);
    }

    private record Run(Session session, FloatBuffer src, FloatBuffer dst) implements PreparedRun {
        @Override
        public void run() {
            session.run(src, dst);
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
