package org.fasternet.backend.cudnn;

import java.util.Optional;
import org.fasternet.Precision;
import org.fasternet.SessionOptions;
import org.fasternet.backend.Backend;
import org.fasternet.backend.Program;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;

/** cuDNN on an NVIDIA GPU. Needs the jars of {@code org.bytedeco:cuda}, which are loaded when it is asked for, no sooner. */
public final class CudnnBackend implements Backend {
    @Override
    public String name() {
        return "cudnn";
    }

    @Override
    public Optional<String> unavailable() {
        try {
            return Cuda.unavailable();
        } catch (LinkageError e) {
            return Optional.of("org.bytedeco:cuda is not on the class path (" + e.getMessage() + ")");
        }
    }

    @Override
    public String version() {
        return Cuda.version();
    }

    @Override
    public String isa() {
        return "sm_" + Cuda.capability();
    }

    @Override
    public Optional<String> refuses(SessionOptions options) {
        if (options.isa().isPresent() && unavailable().isEmpty()) {
            return Optional.of("an ISA was asked for, '" + options.isa().get() + "': a GPU computes with its own, " + isa());
        }
        return refuses(options.precision());
    }

    @Override
    public Optional<String> refuses(Precision precision) {
        return unavailable().or(() -> refuses(precision, Cuda.capability()));
    }

    /** Why a device of this compute capability cannot compute in a precision. */
    static Optional<String> refuses(Precision precision, int capability) {
        boolean needs80 = precision == Precision.BF16 || precision == Precision.TF32;
        return needs80 && capability < 80
                ? Optional.of(precision.id() + " needs compute capability 8.0, and this device has " + capability / 10 + "."
                        + capability % 10 + "; f16 and f32 work")
                : Optional.empty();
    }

    @Override
    public Optional<String> refuses(Network network) {
        return Optional.empty();
    }

    @Override
    public Program compile(ProgramSpec spec) {
        return CudnnProgram.compile(spec);
    }
}
