package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudnn.cudnnCreate;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroy;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.fasternet.backend.spi.Backend;
import org.fasternet.backend.spi.DeviceLoops;
import org.fasternet.backend.spi.DeviceMemory;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.CompileProgress;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Network;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.Step;

/** cuDNN on an NVIDIA GPU. Needs the jars of {@code org.bytedeco:cuda}, which are loaded when it is asked for, no sooner. */
public final class CudnnBackend implements Backend {
    /** Whose ISA and precisions are told where no session has named a device. */
    private static final int FIRST = 0;

    @Override
    public String name() {
        return "cudnn";
    }

    @Override
    public Processor processor() {
        return Processor.GPU;
    }

    @Override
    public Optional<String> unavailable() {
        try {
            return Cuda.unavailable();
        } catch (LinkageError e) {
            return Optional.of(notOnClassPath(e));
        }
    }

    @Override
    public String version() {
        return Cuda.version();
    }

    @Override
    public String isa() {
        return "sm_" + Cuda.capability(FIRST);
    }

    @Override
    public List<String> devices() {
        String driver = Nvml.driver().map(version -> ", driver " + version).orElse("");
        return IntStream.range(0, Cuda.devices()).mapToObj(
                i -> DeviceProperties.parse(deviceProperties(i)).describe() + driver).toList();
    }

    @Override
    public List<String> deviceStates() {
        return IntStream.range(0, Cuda.devices()).mapToObj(Nvml::state).toList();
    }

    @Override
    public Optional<String> refuses(Precision precision, Optional<String> isa) {
        return isa.isPresent()
                ? Optional.of("an ISA was asked for, '" + isa.get() + "': a GPU computes with its own, " + isa())
                : refuses(precision, Cuda.capability(FIRST));
    }

    @Override
    public Set<Precision> precisions() {
        return EnumSet.copyOf(Precision.on(Processor.GPU));
    }

    /** Why a device of this compute capability cannot compute in a precision. */
    static Optional<String> refuses(Precision precision, int capability) {
        return capability < precision.capability()
                ? Optional.of(precision.id() + " needs compute capability " + Cuda.written(precision.capability())
                        + ", and this device has " + Cuda.written(capability) + "; "
                        + on(capability).map(Precision::id).collect(Collectors.joining(" and ")) + " work")
                : Optional.empty();
    }

    private static Stream<Precision> on(int capability) {
        return Precision.on(Processor.GPU).stream().filter(precision -> precision.capability() <= capability);
    }

    @Override
    public Optional<String> refuses(Network network) {
        return Optional.empty();
    }

    @Override
    public Program compile(ProgramSpec spec) {
        Cuda.requireDevice(spec.device());
        require(refuses(spec.precision(), Cuda.capability(spec.device())));
        return CudnnProgram.compile(spec);
    }

    @Override
    public int planAhead(ProgramSpec spec, String json, Path folder) {
        requireLibraries();
        DeviceProperties properties = DeviceProperties.parse(json);
        require(lacks(spec.precision()).or(() -> Cuda.tooOld(properties.capability()))
                .or(() -> refuses(spec.precision(), properties.capability())));
        PlanCache cache = new PlanCache(folder);
        cache.require();
        CudaKernels.cachedOrCompiled(CudaKernels.NETWORKS, properties.capability(), cache);
        try (Resources resources = new Resources()) {
            ConvPlans ahead = ConvPlans.ahead(properties, resources, spec.precision(), cache);
            List<Step.Conv> planned = CudnnProgram.schedule(spec).steps().stream()
                    .flatMap(step -> step instanceof Step.Conv conv ? Stream.of(conv) : Stream.empty())
                    .filter(conv -> !Launches.isOurs(conv, spec.precision(), properties.capability())).toList();
            return CompileProgress.each(planned, Step::label, conv -> ahead.plan(conv, Optional.empty())).size();
        }
    }

    @Override
    public String deviceProperties(int device) {
        requireUsable();
        Cuda.requireDevice(device);
        Cuda.use(device);
        try (Resources resources = new Resources()) {
            cudnnContext handle = new cudnnContext();
            Cuda.checkCudnn(cudnnCreate(handle), "create a handle");
            resources.add(handle, h -> cudnnDestroy(h));
            return ConvPlans.properties(handle, new Descriptors(resources)).json();
        }
    }

    private static void require(Optional<String> refusal) {
        refusal.ifPresent(reason -> {
            throw new UnsupportedException("cudnn: " + reason);
        });
    }

    /** Plans can be made where there is no device. */
    private static void requireLibraries() {
        try {
            Cuda.loadLibraries();
        } catch (LinkageError e) {
            throw new UnsupportedException(notOnClassPath(e));
        } catch (NativeException e) {
            throw new UnsupportedException(Cuda.notLoaded(e));
        }
    }

    private static String notOnClassPath(LinkageError e) {
        return "org.bytedeco:cuda is not on the class path (" + e.getMessage() + ")";
    }

    private void requireUsable() {
        unavailable().ifPresent(reason -> {
            throw new UnsupportedException("there is no usable GPU: " + reason);
        });
    }

    @Override
    public DeviceMemory deviceMemory(int device) {
        requireUsable();
        return new CudaMemory(device);
    }

    @Override
    public DeviceLoops deviceLoops(int device) {
        requireUsable();
        Cuda.requireDevice(device);
        return new CudaLoops(device);
    }
}
