package org.fasternet.spark;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.FasterNet;
import org.fasternet.checkpoint.Checkpoint;

/**
 * A checkpoint on its way to executors: Spark keeps one copy of a broadcast value in each, and that loads the network once for all
 * tasks there. Only the file's bytes travel.
 */
final class BroadcastModel implements Serializable {
    private static final long serialVersionUID = 1;

    private final String source;
    private final byte[] safetensors;
    private transient FasterNet network;

    private BroadcastModel(String source, byte[] safetensors) {
        this.source = source;
        this.safetensors = safetensors;
    }

    /** @throws org.fasternet.error.FasterNetException if the checkpoint's file has changed since it was read */
    static BroadcastModel of(Checkpoint checkpoint) {
        try {
            Path file = Files.createTempFile("fasternet-broadcast", ".safetensors");
            try {
                checkpoint.write(file);
                return new BroadcastModel(checkpoint.source(), Files.readAllBytes(file));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the model cannot be prepared for its broadcast", e);
        }
    }

    /**
     * The network, which is loaded when the first task of an executor asks.
     *
     * @param counters of the task: a broadcast value's own would count for no task
     */
    synchronized FasterNet network(Counters counters) {
        if (network == null) {
            network = FasterNet.load(new ByteArrayInputStream(safetensors), source);
            counters.countLoad();
        }
        return network;
    }
}
