package org.fasternet.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.fasternet.SessionOptions;
import org.fasternet.UnsupportedException;
import org.fasternet.backend.cudnn.CudnnBackend;
import org.fasternet.backend.fused.FusedBackend;
import org.fasternet.backend.onednn.OneDnnBackend;
import org.fasternet.layer.Network;

/** All back ends, and the one place where one is chosen. */
public final class Backends {
    /** The name that leaves the choice to {@link #choose}. */
    public static final String AUTO = "auto";

    private static final Backend FUSED = new FusedBackend();
    private static final Backend ONEDNN = new OneDnnBackend();
    private static final Backend CUDNN = new CudnnBackend();

    private Backends() {}

    /** In the order in which {@code auto} prefers them, and last the GPU, which it never takes. */
    public static List<Backend> all() {
        if (FUSED.unavailable().isEmpty() && FUSED.isa().equals("portable")) {
            // Our kernels for any CPU are plain C++; oneDNN has vectors for more kinds of CPU than we have.
            return List.of(ONEDNN, FUSED, CUDNN);
        }
        return List.of(FUSED, ONEDNN, CUDNN);
    }

    /** Those that compute on the CPU, in the order in which {@code auto} prefers them. */
    public static List<Backend> onCpu() {
        return all().stream().filter(backend -> backend != CUDNN).toList();
    }

    /** The choice for any FasterNet: every back end has its layers. */
    public static Backend choose(SessionOptions options) {
        return choose(options, Network.of(List.of()));
    }

    /**
     * The back end of the options, or for {@code auto} the first one that can compute {@code network} in their precision and ISA
     * here.
     *
     * @throws UnsupportedException if there is none: the message says what would work
     */
    public static Backend choose(SessionOptions options, Network network) {
        String name = options.backend();
        List<String> reasons = new ArrayList<>();
        for (Backend backend : all()) {
            if (name.equals(AUTO) ? !onCpu().contains(backend) : !name.equals(backend.name())) {
                continue;
            }
            Optional<String> reason = backend.unavailable()
                    .or(() -> backend.refuses(options))
                    .or(() -> backend.refuses(network));
            if (reason.isEmpty()) {
                return backend;
            }
            reasons.add(backend.name() + ": " + reason.get());
        }
        if (reasons.isEmpty()) {
            throw new UnsupportedException("unknown back end '" + name + "': " + AUTO + " and "
                    + all().stream().map(Backend::name).collect(Collectors.joining(", ")) + " are known");
        }
        throw new UnsupportedException(String.join("; ", reasons));
    }
}
