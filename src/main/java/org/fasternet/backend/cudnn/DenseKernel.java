package org.fasternet.backend.cudnn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/** The kernel of {@code cpp/cuda/dense.cu} on a device, for one program: a 1x1 convolution of few pixels, and its conversion to f32. */
final class DenseKernel implements OfferedKernel {
    /** Each of them reads all weights. */
    private static final int MOST_PIXELS = 16;
    private static final int VECTOR_BYTES = 16;
    /** Of a block, each with one output, as the kernel says. */
    private static final int WARPS = 8;

    private final KernelContext context;
    private final CudaKernels kernels;

    DenseKernel(KernelContext context) {
        this.context = context;
        this.kernels = CudaKernels.loaded(CudaKernels.DENSE, context.device());
    }

    /** Whether there is such a kernel for a precision: not for tf32, which is asked for to be rounded. */
    static boolean computes(Precision precision) {
        return precision != Precision.TF32;
    }

    /** One step, with the next where that only converts what the first computes. */
    @Override
    public Optional<Alternative> at(List<Step> steps, int index) {
        if (!(steps.get(index) instanceof Step.Conv conv) || !fits(conv)) {
            return Optional.empty();
        }
        List<Step> together = new ArrayList<>(List.of(conv));
        if (index + 1 < steps.size() && steps.get(index + 1) instanceof Step.Copy copy && converts(conv, copy)
                && !Alternative.isRead(steps, index + 2, conv.dst())) {
            together.add(copy);
        }
        View dst = together.get(together.size() - 1).dst();
        String what = conv.src().shape() + " to " + dst.shape() + ", " + conv.activation() + ", " + dst.buffer().type();
        return Optional.of(new Alternative(together, kernels.source(), what, Map.of("dense", () -> prepare(together, conv, dst))));
    }

    private static boolean fits(Step.Conv conv) {
        View src = conv.src();
        int bytes = src.buffer().type().bytes();
        return conv.pointwise() && conv.bias().isPresent() && !conv.accumulate() && src.shape().pixels() <= MOST_PIXELS
                && !src.buffer().external() && src.buffer().dense() && conv.dst().buffer().dense()
                && src.offset() % VECTOR_BYTES == 0 && src.channels() * bytes % VECTOR_BYTES == 0
                && src.buffer().layout().strideW() * bytes % VECTOR_BYTES == 0;
    }

    private static boolean converts(Step.Conv conv, Step.Copy copy) {
        return copy.src().buffer() == conv.dst().buffer() && copy.src().first() == conv.dst().first()
                && copy.src().channels() == copy.dst().channels() && copy.dst().buffer().dense()
                && copy.dst().buffer().layout().strideC() == 1 && copy.dst().buffer().type() == ElementType.F32;
    }

    private Prepared prepare(List<Step> steps, Step.Conv conv, View dst) {
        Pointer w = context.weights().channelsLast(conv.weights(), conv.label());
        Pointer bias = context.weights().vector(conv.bias().orElseThrow(), "bias", conv.label());
        String kernel = "dense_" + CudaKernels.suffix(conv.src().buffer().type()) + "_" + CudaKernels.suffix(dst.buffer().type());
        int pixels = conv.src().shape().pixels();
        CudaKernels.Grid grid = new CudaKernels.Grid(CudaKernels.ceil(dst.channels(), WARPS), pixels, 1, WARPS * 32, 0);
        return new Prepared(steps, Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                context.address().applyAsLong(conv.src()), context.address().applyAsLong(dst), w.address(), bias.address(),
                conv.src().buffer().layout().strideW(), dst.buffer().layout().strideW(), conv.src().channels(), dst.channels(),
                CudaKernels.activation(conv.activation())));
    }
}
