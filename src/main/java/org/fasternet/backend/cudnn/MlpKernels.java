package org.fasternet.backend.cudnn;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/** The kernels of {@code cpp/cuda/mlp.cu} on a device, for one program. */
final class MlpKernels {
    private final KernelContext context;
    private final LongSupplier workspace;
    private final CudaKernels kernels;
    private final DeviceLimits device;
    /** A count for each tile that several blocks share, which are fewer than the multiprocessors. Zero before and after each launch. */
    private final Pointer arrived;

    /**
     * @param owner frees what they need on the device
     * @param workspace where the memory is that a launch asks for, once it is launched
     */
    MlpKernels(Resources owner, KernelContext context, LongSupplier workspace) {
        this.context = context;
        this.workspace = workspace;
        this.kernels = CudaKernels.loaded(CudaKernels.MLP, context.device());
        this.device = Cuda.limits(context.device());
        this.arrived = Cuda.allocate(owner, (long) this.device.multiprocessors() * Integer.BYTES, "counts of tiles");
    }

    /** A block's 1x1 convolutions, with each tiling that may be the fastest. */
    Optional<Alternative> mlp(List<Step> steps, int index) {
        return Mlp.at(steps, index).map(mlp -> new Alternative(List.of(mlp.expand(), mlp.project()), kernels.source(), mlp.what(),
                ways(MlpTiling.of(mlp, device, tile -> 0), tiling -> prepare(mlp, tiling))));
    }

    /** Two blocks, with each tiling that may be the fastest: the second one puts x1 back to where the schedule has it. */
    Optional<Alternative> blocks(List<Step> steps, int index) {
        return Block.at(steps, index).flatMap(first -> Block.at(steps, index + Block.STEPS)
                .filter(second -> second.what().equals(first.what()) && second.partial().src().equals(first.partial().src()))
                .map(second -> new Alternative(List.copyOf(steps.subList(index, index + 2 * Block.STEPS)), kernels.source(), first.what(),
                        ways(MlpTiling.of(first.mlp(), device, first::shared), tiling -> prepare(first, second, tiling)))));
    }

    private static Map<String, Supplier<Prepared>> ways(List<MlpTiling> tilings, Function<MlpTiling, Prepared> prepare) {
        Map<String, Supplier<Prepared>> ways = new LinkedHashMap<>();
        for (MlpTiling tiling : tilings) {
            ways.put(tiling.toString(), () -> prepare.apply(tiling));
        }
        return ways;
    }

    private Prepared prepare(Mlp mlp, MlpTiling tiling) {
        String kernel = "mlp_" + context.precision().id() + "_" + tiling.eights();
        return new Prepared(List.of(mlp.expand(), mlp.project()), Prepared.OURS + kernel + " " + tiling, tiling.partialBytes(mlp),
                launch(kernel, mlp, tiling, () -> new long[0]));
    }

    private Prepared prepare(Block first, Block second, MlpTiling tiling) {
        String kernel = "block_" + context.precision().id() + "_" + tiling.eights();
        View x1 = first.partial().src();
        View y1 = first.partial().dst();
        Prepared.Launch there = launch(kernel, first, tiling, x1, y1);
        Prepared.Launch back = launch(kernel, second, tiling, y1, x1);
        String label = layer(first) + " + " + layer(second);
        List<Step> steps = List.of(first.partial(), first.mlp().expand(), first.mlp().project(),
                second.partial(), second.mlp().expand(), second.mlp().project());
        return new Prepared(label, steps, Prepared.OURS + kernel + " " + tiling, tiling.partialBytes(first.mlp()), stream -> {
            there.on(stream);
            back.on(stream);
        });
    }

    /** A step's label without its last word. */
    private static String layer(Block block) {
        String label = block.partial().label();
        return label.substring(0, label.lastIndexOf(' '));
    }

    private Prepared.Launch launch(String kernel, Block block, MlpTiling tiling, View x1, View next) {
        Pointer partial = context.weights().fragments(block.partial().weights(), block.partial().label());
        return launch(kernel, block.mlp(), tiling, () -> new long[] {
            context.address().applyAsLong(x1), context.address().applyAsLong(next), partial.address(),
            block.slice(), x1.shape().h(), block.width()
        });
    }

    /** @param more arguments that the kernel has behind those of an MLP's */
    private Prepared.Launch launch(String kernel, Mlp mlp, MlpTiling tiling, Supplier<long[]> more) {
        DeviceWeights weights = context.weights();
        String label = mlp.expand().label();
        Pointer expand = weights.fragmentsByOutput(mlp.expand().weights(), label);
        // Counted in steps, zeros at the end.
        int hidden = Mma.K * Mma.steps(mlp.hidden());
        Pointer bias = weights.vector(Arrays.copyOf(mlp.bias(), hidden), "padded bias", label);
        Pointer project = weights.fragments(mlp.project().weights(), mlp.project().label());
        CudaKernels.Grid grid = new CudaKernels.Grid(
                tiling.grid(mlp, device), tiling.parts(), 1, MlpTiling.THREADS, tiling.shared());
        return stream -> kernels.launch(kernel, grid, stream, LongStream.concat(
                LongStream.of(context.address().applyAsLong(mlp.expand().src()), context.address().applyAsLong(mlp.project().dst()),
                        expand.address(), bias.address(), project.address(), workspace.getAsLong(), arrived.address(),
                        mlp.pixels(), mlp.row(), mlp.channels(), hidden, tiling.chunk(), tiling.tile(),
                        CudaKernels.activation(mlp.expand().activation())),
                LongStream.of(more.get())).toArray());
    }
}
