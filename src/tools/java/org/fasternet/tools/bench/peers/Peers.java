package org.fasternet.tools.bench.peers;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;

/** All peers, whether or not they can be used here. */
public final class Peers {
    private static final List<Peer> ALL = Stream.of(
                    Precision.on(Processor.CPU).stream().flatMap(p -> Stream.of(new OwnPeer("fused", p), new OwnPeer("onednn", p))),
                    Precision.on(Processor.GPU).stream().map(p -> new OwnPeer("cudnn", p)),
                    Stream.of(new OnnxRuntimePeer(Precision.F32), new OnnxRuntimePeer(Precision.INT8), new PyTorchPeer()))
            .<Peer>flatMap(peers -> peers)
            .toList();

    private Peers() {}

    /** This library's back ends first. */
    public static List<Peer> all() {
        return ALL;
    }

    /** Says so if one of the files that show that a library is there is not on the class path. */
    static Optional<String> missing(String library, String... files) {
        ClassLoader loader = Peers.class.getClassLoader();
        return Stream.of(files).filter(file -> loader.getResource(file) == null).findFirst().map(file -> library
                + " is not on the class path (" + file + " is missing): FASTERNET_PEERS=1 native/fasternet, or Maven's profile"
                + " 'peers', puts it there");
    }
}
