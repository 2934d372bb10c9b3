package org.fasternet.backend.fused;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.fasternet.backend.spi.Backend;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.internal.abi.HostInfo;
import org.fasternet.layer.Block;
import org.fasternet.layer.Conv;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PartialConv;
import org.fasternet.schedule.ProgramSpec;

/**
 * This library's own kernels: the whole network in one native call on one set of threads. The ISA is the one asked for, else the
 * best of the CPU's; the environment variable {@code FASTERNET_MAX_ISA} caps both. 3x3 convolutions are computed by Winograd's
 * F(2x2, 3x3).
 *
 * <p>A {@link org.fasternet.Kernel} reads and writes the caller's buffers where they are. Copied are, before the run, the
 * channels that a 3x3 convolution touches; after it, the result of a partial convolution that is not in place; and in bf16,
 * whose instructions take channels in pairs, what has an odd number of them.
 */
public final class FusedBackend implements Backend {
    @Override
    public String name() {
        return "fused";
    }

    @Override
    public Processor processor() {
        return Processor.CPU;
    }

    /** @throws UnsupportedException if the cap on the ISA or the binding asked for is none: then nothing else is taken instead */
    @Override
    public Optional<String> unavailable() {
        try {
            Bindings.current().selectIsa(null);
            return Optional.empty();
        } catch (NativeException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public String version() {
        return "libfasternet " + Abi.fn_abi_version();
    }

    @Override
    public String isa() {
        Binding binding = Bindings.current();
        return binding.isaName(binding.selectIsa(null));
    }

    @Override
    public Set<Precision> precisions() {
        List<String> names = HostInfo.precisions();
        Set<Precision> precisions = EnumSet.noneOf(Precision.class);
        for (Precision precision : Precision.values()) {
            if (names.contains(precision.id())) {
                precisions.add(precision);
            }
        }
        return precisions;
    }

    @Override
    public Optional<String> refuses(Precision precision, Optional<String> wantedIsa) {
        Binding binding = Bindings.current();
        try {
            int isa = binding.selectIsa(wantedIsa.orElse(null));
            binding.destroyModel(binding.createModel(PackedModel.number(precision), isa, 1));
            return Optional.empty();
        } catch (UnsupportedException e) {
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public Optional<String> refuses(Network network) {
        for (NamedLayer named : network.layers()) {
            if (named.layer() instanceof Conv) {
                return Optional.of(named.name() + ": only FasterNet's own layers have kernels here,"
                        + " no regular, grouped or depthwise convolution; onednn has them");
            }
        }
        return unequalPartials(network.layers());
    }

    /** The engine keeps the channels of a tensor that are convolved apart from the others. */
    private static Optional<String> unequalPartials(List<NamedLayer> layers) {
        int convolved = 0;
        String by = "";
        for (NamedLayer named : layers) {
            int partial = named.layer() instanceof PartialConv conv ? conv.partialChannels()
                    : named.layer() instanceof Block block ? block.partial().partialChannels() : 0;
            if (partial > 0 && convolved > 0 && partial != convolved) {
                return Optional.of(named.name() + ": convolves " + partial + " channels of a tensor of which " + by + " convolves "
                        + convolved + ": kernels here take the same ones; onednn takes any");
            }
            if (partial > 0) {
                convolved = partial;
                by = named.name();
            } else if (!(named.layer() instanceof FeatureTap)) {
                convolved = 0;
            }
        }
        return Optional.empty();
    }

    @Override
    public Program compile(ProgramSpec spec) {
        return FusedProgram.compile(spec);
    }
}
