package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;

/** What to compile for a device, and which of its ways to compute only tuning chooses. */
final class Specs {
    private Specs() {}

    /** From f32 NCHW to f32. */
    static ProgramSpec of(List<NamedLayer> layers, Shape src, Precision precision, boolean tuning) {
        return of(layers, src, ElementType.F32, Layout.nchw(src), precision, tuning);
    }

    static ProgramSpec of(List<NamedLayer> layers, Shape src, ElementType type, Layout layout, Precision precision, boolean tuning) {
        return new ProgramSpec(Network.of(layers), src, type, layout, ElementType.F32, false, precision, Optional.empty(), 1, 0, 0, tuning);
    }

    /** By which tuning chooses what is wanted where it is offered, and nothing else that is: that may stand for many steps. */
    static CudnnProgram.Timer only(Predicate<String> wanted) {
        return (stream, way) -> wanted.test(way.implementation()) ? 0 : isOffered(way.implementation()) ? 100 : 1;
    }

    /** Of a step, or of the network's launches. */
    static boolean isEarly(String implementation) {
        return implementation.endsWith(" early");
    }

    static boolean isOffered(String implementation) {
        return implementation.matches("cuda:(embed|block|mlp|dense)_.*");
    }
}
