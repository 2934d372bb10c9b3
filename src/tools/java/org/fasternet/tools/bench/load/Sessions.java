package org.fasternet.tools.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Resources;

/**
 * The system under test: sessions of one network. Several share a queue, each with a thread of its own; a single one that is
 * asked one query at a time answers in the thread that asks, since waking another thread would take a share of the latency.
 */
final class Sessions implements SystemUnderTest, AutoCloseable {
    private final Resources resources = new Resources();
    private final List<Responder> responders = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final QueryQueue queue = new QueryQueue();
    private final int batch;
    private final boolean direct;

    /** @param options for 8-bit input */
    Sessions(FasterNet network, SessionOptions options, int sessions, boolean stream, DataSet data) {
        this(network, options, sessions, stream, data, Optional.empty());
    }

    /** @param outputs what becomes of results */
    Sessions(FasterNet network, SessionOptions options, int sessions, boolean stream, DataSet data,
            Optional<Responder.Outputs> outputs) {
        this.batch = options.batch();
        this.direct = stream && sessions == 1;
        try {
            for (int i = 0; i < sessions; i++) {
                responders.add(resources.add(new Responder(network, options, data, outputs), Responder::close));
            }
            if (!direct) {
                responders.forEach(this::start);
            }
        } catch (RuntimeException | Error e) {
            Resources.closeAfter(e, this);
            throw e;
        }
    }

    private void start(Responder responder) {
        Thread thread = new Thread(() -> serve(responder), "session " + threads.size());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void serve(Responder responder) {
        for (List<Query> taken = queue.take(batch); !taken.isEmpty(); taken = queue.take(batch)) {
            responder.answer(taken);
            queue.done();
        }
    }

    /** What really runs, the same in every session. */
    ExecutionPlan plan() {
        return responders.get(0).plan();
    }

    @Override
    public void issue(Query query) {
        if (direct) {
            responders.get(0).answer(query);
        } else {
            queue.put(query);
        }
    }

    @Override
    public void drop() {
        queue.drop();
    }

    @Override
    public void close() {
        queue.close();
        for (Thread thread : threads) {
            joinUninterruptibly(thread);
        }
        resources.close();
    }

    private static void joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
