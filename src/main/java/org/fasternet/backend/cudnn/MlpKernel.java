package org.fasternet.backend.cudnn;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Step;

/** The kernel of {@code cpp/cuda/mlp.cu} on a device, for one program. */
final class MlpKernel implements OfferedKernel {
    private final KernelContext context;
    private final LongSupplier workspace;
    private final CudaKernels kernels;
    private final DeviceLimits device;
    /** A count for each tile that several blocks share, which are fewer than the multiprocessors. Zero before and after each launch. */
    private final Pointer arrived;

    /**
     * @param owner frees what it needs on the device
     * @param workspace where the memory is that a launch asks for, once it is launched
     */
    MlpKernel(Resources owner, KernelContext context, LongSupplier workspace) {
        this.context = context;
        this.workspace = workspace;
        this.kernels = CudaKernels.loaded(CudaKernels.MLP, context.device());
        this.device = Cuda.limits(context.device());
        this.arrived = Cuda.allocate(owner, (long) this.device.multiprocessors() * Integer.BYTES, "counts of tiles");
    }

    /** With each tiling that may be the fastest. */
    @Override
    public Optional<Alternative> at(List<Step> steps, int index) {
        return Mlp.at(steps, index).map(mlp -> {
            Map<String, Supplier<Prepared>> ways = new LinkedHashMap<>();
            for (MlpTiling tiling : MlpTiling.of(mlp, device)) {
                ways.put(tiling.toString(), () -> prepare(mlp, tiling));
            }
            return new Alternative(List.of(mlp.expand(), mlp.project()), kernels.source(), mlp.what(), ways);
        });
    }

    private Prepared prepare(Mlp mlp, MlpTiling tiling) {
        DeviceWeights weights = context.weights();
        String label = mlp.expand().label();
        Pointer expand = weights.fragmentsByOutput(mlp.expand().weights(), label);
        // Counted in steps, zeros at the end.
        int hidden = Mma.K * Mma.steps(mlp.hidden());
        Pointer bias = weights.vector(Arrays.copyOf(mlp.bias(), hidden), "padded bias", label);
        Pointer project = weights.fragments(mlp.project().weights(), mlp.project().label());
        String kernel = "mlp_" + context.precision().id() + "_" + tiling.eights();
        CudaKernels.Grid grid = new CudaKernels.Grid(
                tiling.grid(mlp, device), tiling.parts(), 1, MlpTiling.THREADS, tiling.shared());
        return new Prepared(List.of(mlp.expand(), mlp.project()), Prepared.OURS + kernel + " " + tiling, tiling.partialBytes(mlp),
                stream -> kernels.launch(kernel, grid, stream,
                        context.address().applyAsLong(mlp.expand().src()), context.address().applyAsLong(mlp.project().dst()),
                        expand.address(), bias.address(), project.address(), workspace.getAsLong(), arrived.address(),
                        mlp.pixels(), mlp.row(), mlp.channels(), hidden, tiling.chunk(), tiling.tile(), CudaKernels.activation(mlp.expand().activation())));
    }
}
