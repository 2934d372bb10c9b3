package org.fasternet.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.fasternet.backend.cudnn.CudnnBackend;
import org.fasternet.backend.fused.FusedBackend;
import org.fasternet.backend.onednn.OneDnnBackend;
import org.fasternet.backend.spi.Backend;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.abi.HostInfo;
import org.fasternet.internal.flight.Flight;
import org.fasternet.layer.Network;

/** All back ends, and the one place where one is chosen. */
public final class Backends {
    /** The name that leaves the choice to {@link #choose}. */
    public static final String AUTO = "auto";

    private static final List<Backend> ALL = List.of(new FusedBackend(), new OneDnnBackend(), new CudnnBackend());

    private Backends() {}

    /** In the order in which {@code auto} prefers them for f32, and last the GPU's, which it never takes. */
    public static List<Backend> all() {
        return all(Precision.F32);
    }

    private static List<Backend> all(Precision precision) {
        Backend fused = ALL.get(0);
        Backend oneDnn = ALL.get(1);
        boolean oneDnnFirst = fused.unavailable().isEmpty() && Preference.oneDnn(precision, fused.isa(), HostInfo::cpuFeatures,
                () -> oneDnn.unavailable().isPresent() ? Optional.empty() : Optional.of(oneDnn.isa()));
        return oneDnnFirst ? List.of(oneDnn, fused, ALL.get(2)) : ALL;
    }

    /**
     * The back end of that name, or for {@code auto} the first one on the CPU that can compute {@code network} in the precision
     * and ISA here.
     *
     * @param isa by name; empty: the best one
     * @throws UnsupportedException if there is none: the message says what would work
     */
    public static Backend choose(String name, Precision precision, Optional<String> isa, Network network) {
        if (precision.needsScales() && network.quantization().isEmpty()) {
            throw new UnsupportedException("the network is not quantized, and " + precision.id() + " needs scales of all tensors:"
                    + " make a quantized checkpoint by `fasternet quantize --weights FILE --images DIR --output FILE`"
                    + " (in Java: Quantizer), and load that");
        }
        List<String> reasons = new ArrayList<>();
        for (Backend backend : name.equals(AUTO) ? all(precision) : all()) {
            if (name.equals(AUTO) ? backend.processor() != Processor.CPU : !name.equals(backend.name())) {
                continue;
            }
            Optional<String> reason = backend.unavailable()
                    .or(() -> backend.lacks(precision))
                    .or(() -> backend.refuses(precision, isa))
                    .or(() -> backend.refuses(network));
            if (reason.isEmpty()) {
                Flight.backendChosen(name, precision.id(), backend.name(), () -> why(name, reasons));
                return backend;
            }
            reasons.add(backend.name() + ": " + reason.get());
        }
        if (reasons.isEmpty()) {
            throw unknown(name);
        }
        throw new UnsupportedException(String.join("; ", reasons));
    }

    /** @throws UnsupportedException if there is none of that name */
    public static Backend named(String name) {
        return ALL.stream().filter(backend -> backend.name().equals(name)).findFirst().orElseThrow(() -> unknown(name));
    }

    private static UnsupportedException unknown(String name) {
        return new UnsupportedException("unknown back end '" + name + "': " + AUTO + " and "
                + all().stream().map(Backend::name).collect(Collectors.joining(", ")) + " are known");
    }

    private static String why(String name, List<String> refusals) {
        if (!name.equals(AUTO)) {
            return "it was asked for by name";
        }
        return refusals.isEmpty()
                ? "it is the fastest on this CPU in this precision"
                : "the one that is faster on this CPU cannot be used: " + String.join("; ", refusals);
    }

    /** The one that computes on a GPU, whether there is one here or not. */
    public static Backend gpu() {
        return ALL.stream().filter(backend -> backend.processor() == Processor.GPU).findFirst().orElseThrow();
    }
}
