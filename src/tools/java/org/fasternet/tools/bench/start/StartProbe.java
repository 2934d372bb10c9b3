package org.fasternet.tools.bench.start;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;
import org.fasternet.internal.Buffers;

/** What a small service does before it can answer: loads a model, opens a session, runs it once. A process of its own. */
final class StartProbe {
    private StartProbe() {}

    /** @param arguments of {@link ProcessStart#arguments} */
    public static void main(String[] arguments) {
        SessionOptions options = SessionOptions.defaults()
                .withBackend(arguments[1])
                .withPrecision(Precision.parse(arguments[2]))
                .withBatch(Integer.parseInt(arguments[3]))
                .withSize(Integer.parseInt(arguments[4]), Integer.parseInt(arguments[5]))
                .withThreads(Integer.parseInt(arguments[6]));
        if (arguments.length > 7) {
            options = options.withIsa(arguments[7]);
        }
        try (Session session = FasterNet.load(Path.of(arguments[0])).session(options)) {
            FloatBuffer[] dsts = Buffers.floats(session.dstShapes());
            session.run(Buffers.floats(session.srcShape().elements()), dsts);
            System.out.println(ProcessStart.READY);
        }
    }
}
