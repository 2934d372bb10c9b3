package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendExecute;
import static org.fasternet.backend.cudnn.CudaKernels.ceil;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.bytedeco.cuda.cudnn.cudnnBackendDescriptor_t;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.compute.Precision;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/** Turns steps into what puts their kernels on a stream. */
final class Launches {
    private static final int THREADS = 256;
    /** Rows and columns that a block of the kernel {@code partial} computes, its threads, and the most outputs by eights. */
    private static final int TILE = 8;
    private static final int PARTIAL_THREADS = 384;
    private static final int MOST_EIGHTS = 3;
    private static final int CHUNK = 64;
    /** Bytes of shared memory for each pixel and output of a block of the kernel {@code conv_f32}. */
    private static final int CONV_SHARED = 512;
    /** Blocks below which a device has multiprocessors to spare: then more blocks, each with fewer outputs. */
    private static final int FULL_DEVICE = 256;

    private final cudnnContext handle;
    private final ConvPlans plans;
    private final DeviceWeights weights;
    private final Precision precision;
    private final int capability;
    private final CudaKernels kernels;
    private final ToLongFunction<View> address;
    private final Optional<ToDoubleFunction<Prepared>> timer;
    private Pointer workspace;

    /**
     * @param timer microseconds that what was prepared takes; empty: cuDNN's heuristics choose
     */
    Launches(cudnnContext handle, ConvPlans plans, KernelContext context, Optional<ToDoubleFunction<Prepared>> timer) {
        this.handle = handle;
        this.plans = plans;
        this.weights = context.weights();
        this.precision = context.precision();
        this.capability = Cuda.capability(context.device());
        this.kernels = CudaKernels.loaded(CudaKernels.NETWORKS, context.device());
        this.address = context.address();
        this.timer = timer;
    }

    /** Whether our kernels multiply matrices in a precision: by mma.m16n8k16, while cp.async loads what is next. */
    static boolean hasMatrixKernels(Precision precision, int capability) {
        return (precision == Precision.F16 || precision == Precision.BF16) && capability >= 80;
    }

    /** Memory for the largest of the plans, which run one after the other. */
    void setWorkspace(Pointer memory) {
        workspace = memory;
    }

    /** Where that memory is. */
    long workspace() {
        return workspace.address();
    }

    /** What the timer says, which there must be. */
    double micros(Prepared prepared) {
        try (Resources temporary = new Resources()) {
            workspace = Cuda.allocate(temporary, prepared.workspace(), "the workspace of " + prepared.label());
            return timer.orElseThrow().applyAsDouble(prepared);
        }
    }

    Prepared prepare(Step step) {
        if (step instanceof Step.Conv conv) {
            if (isOurs(conv, precision, capability)) {
                return precision == Precision.F32 ? plainConvolution(conv) : partial(conv);
            }
            return convolution(conv);
        } else if (step instanceof Step.Copy copy) {
            return copy(copy, 0, 0);
        } else if (step instanceof Step.Affine affine) {
            Pointer scale = weights.vector(affine.scale(), range(affine, "scale"), affine.label());
            Pointer shift = weights.vector(affine.shift(), range(affine, "shift"), affine.label());
            return copy(affine, scale.address(), shift.address());
        } else if (step instanceof Step.Mean mean) {
            return mean(mean);
        }
        return patches((Step.Patches) step);
    }

    /** A feature tap may be several steps of one label, each for a part of its channels. */
    private static String range(Step.Affine affine, String what) {
        return what + " from channel " + affine.dst().first();
    }

    private Prepared convolution(Step.Conv conv) {
        Pointer w = weights.channelsLast(conv.weights(), conv.label());
        Pointer bias = conv.bias().map(b -> weights.vector(b, "bias", conv.label())).orElse(null);
        return convolution(conv, w, bias, plans.plan(conv, timer.map(t -> candidate -> micros(convolution(conv, w, bias, candidate)))));
    }

    private Prepared convolution(Step.Conv conv, Pointer w, Pointer bias, ConvPlans.Plan plan) {
        return new Prepared(List.of(conv), "cudnn:engine " + plan.engine(), plan.workspace(),
                stream -> execute(conv.label(), plan, memory(conv, w, bias)));
    }

    /** Addresses by the tensors' ids. */
    private Map<Long, Long> memory(Step.Conv conv, Pointer w, Pointer bias) {
        Map<Long, Long> memory = new TreeMap<>(Map.of(ConvPlans.X, address.applyAsLong(conv.src()), ConvPlans.W, w.address(),
                ConvPlans.Y, address.applyAsLong(conv.dst())));
        if (bias != null) {
            memory.put(ConvPlans.BIAS, bias.address());
        }
        if (conv.accumulate()) {
            memory.put(ConvPlans.RESIDUAL, address.applyAsLong(conv.dst()));
        }
        return memory;
    }

    private void execute(String label, ConvPlans.Plan plan, Map<Long, Long> memory) {
        Descriptors descriptors = plans.descriptors();
        // A graph keeps what the kernels were given.
        try (Resources temporary = new Resources()) {
            cudnnBackendDescriptor_t pack = descriptors.create(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, temporary);
            descriptors.longs(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, array(memory.keySet()));
            descriptors.pointers(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, array(memory.values()));
            descriptors.pointers(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace.address());
            descriptors.finish(pack, "the memory of " + label);
            Cuda.checkCudnn(cudnnBackendExecute(handle, plan.descriptor(), pack), "launch " + label);
        }
    }

    private static long[] array(Collection<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Whether a kernel of ours computes a convolution. In true f32 all without groups: on an H100 cuDNN 9.19 had no
     * engine without tensor cores that fuses bias and GELU, or a residual. In f16 and bf16 partial convolutions, where
     * the device has the matrix instructions: a channel slice costs cuDNN up to two more kernels.
     */
    static boolean isOurs(Step.Conv conv, Precision precision, int capability) {
        if (precision == Precision.F32) {
            return conv.groups() == 1;
        }
        return hasMatrixKernels(precision, capability) && isPartial(conv);
    }

    /** Whether it convolves a slice of a row to another. */
    static boolean isPartial(Step.Conv conv) {
        Tensor w = conv.weights();
        return conv.src().buffer() == conv.dst().buffer()
                && w.dim(2) == 3 && w.dim(3) == 3 && conv.stride() == 1 && conv.padding() == 1 && conv.groups() == 1
                && w.dim(0) == w.dim(1) && w.dim(0) % 8 == 0
                && conv.bias().isEmpty() && conv.activation().isEmpty() && !conv.accumulate();
    }

    private Prepared partial(Step.Conv conv) {
        Shape shape = conv.src().shape();
        Pointer w = weights.fragments(conv.weights(), conv.label());
        int eights = shape.c() / 8;
        long tiles = (long) ceil(shape.h(), TILE) * ceil(shape.w(), TILE);
        int together = MOST_EIGHTS;
        while (eights % together != 0 || (together > 1 && tiles * shape.n() * eights / together < FULL_DEVICE)) {
            together--;
        }
        String kernel = "partial_" + CudaKernels.suffix(conv.src().buffer().type()) + "_" + together;
        CudaKernels.Grid grid = new CudaKernels.Grid(
                tiles, eights / together, shape.n(), PARTIAL_THREADS, partialShared(shape.c(), together));
        return new Prepared(List.of(conv), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                address.applyAsLong(conv.src()), address.applyAsLong(conv.dst()), w.address(),
                shape.h(), shape.w(), conv.src().buffer().layout().strideW(), shape.c()));
    }

    /** Shared memory as the kernel divides it: halo and weights of a chunk of channels, twice if there are more; sums after it. */
    private static int partialShared(int channels, int together) {
        int chunk = Math.min(CHUNK, channels);
        int stage = (TILE + 2) * (TILE + 2) * Mma.pixelBytes(chunk) + 9 * Mma.weightBytes(chunk, Mma.N * together);
        return Math.max(channels > CHUNK ? 2 * stage : stage, together * 4096);
    }

    /** Ours for true f32. */
    private Prepared plainConvolution(Step.Conv conv) {
        Pointer w = weights.depthFirst(conv.weights(), conv.label());
        Pointer bias = conv.bias().map(b -> weights.vector(b, "bias", conv.label())).orElse(null);
        Shape src = conv.src().shape();
        Shape dst = conv.dst().shape();
        Layout from = conv.src().buffer().layout();
        Layout to = conv.dst().buffer().layout();
        // The larger tile reads less for each product, but a small image has too few of them.
        int side = (long) ceil(dst.pixels(), 64) * ceil(dst.c(), 64) < FULL_DEVICE ? 32 : 64;
        CudaKernels.Grid grid = new CudaKernels.Grid(
                ceil(dst.pixels(), side), ceil(dst.c(), side), 1, side * side / 16, side * CONV_SHARED);
        String kernel = "conv_f32_" + side;
        return new Prepared(List.of(conv), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                address.applyAsLong(conv.src()), address.applyAsLong(conv.dst()), w.address(), bias == null ? 0 : bias.address(),
                from.strideN(), from.strideH(), from.strideW(), to.strideN(), to.strideH(), to.strideW(),
                src.n(), src.h(), src.w(), src.c(), dst.h(), dst.w(), dst.c(), conv.weights().dim(2), conv.stride(), conv.padding(),
                CudaKernels.activation(conv.activation()), conv.accumulate() ? 1 : 0));
    }

    private Prepared copy(Step step, long scale, long shift) {
        View src = step.src();
        View dst = step.dst();
        String kernel = "copy_" + CudaKernels.suffix(src.buffer().type()) + "_" + CudaKernels.suffix(dst.buffer().type());
        Shape shape = dst.shape();
        CudaKernels.Grid grid = perImage(shape);
        Layout from = src.buffer().layout();
        Layout to = dst.buffer().layout();
        return new Prepared(List.of(step), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                address.applyAsLong(src), from.strideN(), from.strideC(), from.strideH(), from.strideW(),
                address.applyAsLong(dst), to.strideN(), to.strideC(), to.strideH(), to.strideW(),
                src.channels(), shape.h(), shape.w(), shape.c(), to.strideC() == 1 ? 0 : 1, scale, shift));
    }

    private Prepared patches(Step.Patches step) {
        String kernel = "patches_" + CudaKernels.suffix(step.src().buffer().type()) + "_" + CudaKernels.suffix(step.dst().buffer().type());
        Shape shape = step.dst().shape();
        CudaKernels.Grid grid = perImage(shape);
        Layout from = step.src().buffer().layout();
        return new Prepared(List.of(step), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                address.applyAsLong(step.src()), from.strideN(), from.strideC(), from.strideH(), from.strideW(),
                address.applyAsLong(step.dst()), step.src().channels(), shape.h(), shape.w(), step.size(), shape.c()));
    }

    private Prepared mean(Step.Mean step) {
        String kernel = "mean_" + CudaKernels.suffix(step.src().buffer().type());
        Shape shape = step.src().shape();
        CudaKernels.Grid grid = new CudaKernels.Grid(ceil(shape.c(), 32), shape.n(), 1, THREADS, 0);
        Layout from = step.src().buffer().layout();
        return new Prepared(List.of(step), Prepared.OURS + kernel, 0, stream -> kernels.launch(kernel, grid, stream,
                address.applyAsLong(step.src()), from.strideN(), from.strideC(), from.strideH(), from.strideW(),
                address.applyAsLong(step.dst()), shape.c(), shape.h(), shape.w()));
    }

    private static CudaKernels.Grid perImage(Shape shape) {
        return new CudaKernels.Grid(ceil(shape.c() * shape.h() * shape.w(), THREADS), shape.n(), 1, THREADS, 0);
    }
}
