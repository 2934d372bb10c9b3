package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;
import org.fasternet.tensor.Shape;

/** The kernel of {@code cpp/cuda/embed.cu} on a device, for one program: patches and the product with their weights. */
final class EmbedKernel implements OfferedKernel {
    /** As the kernel says: pixels of a block, its threads, and what its results are stored by. */
    private static final int TILE = 64;
    private static final int THREADS = 128;
    private static final int VECTOR_BYTES = 16;
    /** As many blocks as a multiprocessor has registers for. */
    private static final int BLOCKS = 8;

    private final KernelContext context;
    private final CudaKernels kernels;
    private final DeviceLimits device;

    EmbedKernel(KernelContext context) {
        this.context = context;
        this.kernels = CudaKernels.loaded(CudaKernels.EMBED, context.device());
        this.device = Cuda.limits(context.device());
    }

    @Override
    public Optional<Alternative> at(List<Step> steps, int index) {
        if (index + 1 == steps.size() || !(steps.get(index) instanceof Step.Patches patches)
                || !(steps.get(index + 1) instanceof Step.Conv conv) || !fits(patches, conv)
                || Alternative.isRead(steps, index + 2, patches.dst())) {
            return Optional.empty();
        }
        String what = patches.src().shape() + " of " + patches.src().buffer().type() + ", " + patches.src().buffer().layout() + ", by "
                + patches.size() + " to " + conv.dst().shape() + " in rows of " + conv.dst().buffer().layout().strideW();
        return Optional.of(new Alternative(
                List.of(patches, conv), kernels.source(), what, Map.of("embed", () -> prepare(patches, conv))));
    }

    private boolean fits(Step.Patches patches, Step.Conv conv) {
        return conv.src().equals(patches.dst()) && conv.pointwise() && conv.bias().isPresent() && conv.activation().isEmpty()
                && !conv.accumulate() && conv.dst().channels() % Mma.N == 0 && shared(patches, conv) <= device.sharedOfBlock();
    }

    /** Weights, a tile's patches, and its results, in rows of odd numbers of 16 bytes. */
    private static int shared(Step.Patches patches, Step.Conv conv) {
        int values = patches.src().channels() * patches.size() * patches.size();
        int outputs = conv.dst().channels();
        return Mma.weightBytes(values, outputs) + TILE * (Mma.pixelBytes(values) + VECTOR_BYTES * (outputs / Mma.N | 1));
    }

    private Prepared prepare(Step.Patches patches, Step.Conv conv) {
        Pointer w = context.weights().fragments(conv.weights(), conv.label());
        Pointer bias = context.weights().vector(conv.bias().orElseThrow(), "bias", conv.label());
        View src = patches.src();
        ElementType type = conv.dst().buffer().type();
        String kernel = "embed_" + CudaKernels.suffix(src.buffer().type()) + "_" + CudaKernels.suffix(type);
        Shape dst = conv.dst().shape();
        Layout from = src.buffer().layout();
        int blocks = Math.min(CudaKernels.ceil(dst.pixels(), TILE), BLOCKS * device.multiprocessors());
        CudaKernels.Grid grid = new CudaKernels.Grid(blocks, 1, 1, THREADS, shared(patches, conv));
        return new Prepared(List.of(patches, conv), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                context.address().applyAsLong(src), from.strideN(), from.strideC(), from.strideH(), from.strideW(),
                context.address().applyAsLong(conv.dst()), conv.dst().buffer().layout().strideW(), w.address(), bias.address(),
                src.channels(), dst.c(), dst.n(), dst.h(), dst.w(), patches.size()));
    }
}
