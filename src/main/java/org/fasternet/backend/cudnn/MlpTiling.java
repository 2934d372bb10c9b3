package org.fasternet.backend.cudnn;

import static org.fasternet.backend.cudnn.CudaKernels.ceil;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * How the kernel of {@code mlp.cu} divides its work.
 *
 * @param tile pixels that a thread block computes
 * @param parts thread blocks that share a tile, each with a part of the hidden channels
 * @param chunk hidden channels that a thread block computes at a time
 * @param eights of channels that a warp sums up at most: the kernel's variant
 * @param shared bytes of shared memory that a thread block has
 * @param blocks that a multiprocessor has room for
 */
record MlpTiling(int tile, int parts, int chunk, int eights, int shared, int blocks) {
    /** Of the kernel, as the constants that follow. */
    static final int THREADS = 256;
    /** Pixels of a matrix instruction. */
    private static final int M = 16;
    /** Warps side by side, each with M pixels and some eights of channels. */
    private static final int WARPS = THREADS / 32;
    private static final int[] TILES = {16, 32, 64, 128};
    private static final List<Variant> VARIANTS =
            List.of(new Variant(2, 3), new Variant(4, 3), new Variant(8, 2), new Variant(16, 1));
    private static final int MOST_PARTS = 8;
    /** What the system keeps of a multiprocessor's shared memory for each block. */
    private static final int RESERVED = 1024;

    /**
     * One of the kernel's, smallest first.
     *
     * @param eights of channels that a warp sums up at most
     * @param blocks for which the registers of a multiprocessor suffice
     */
    private record Variant(int eights, int blocks) {}

    /**
     * All that may be the fastest on a device, none where the kernel has no variant for so many channels.
     *
     * @param more bytes of shared memory that a thread block has for other things, by its tile
     */
    static List<MlpTiling> of(Mlp mlp, DeviceLimits device, IntUnaryOperator more) {
        List<MlpTiling> tilings = new ArrayList<>();
        for (int tile : TILES) {
            int tiles = ceil(mlp.pixels(), tile);
            Optional<Variant> variant = variant(mlp, tile);
            boolean mostlyEmpty = tile > TILES[0] && mlp.pixels() <= tile / 2;
            if (variant.isEmpty() || mostlyEmpty) {
                continue;
            }
            for (int parts = 1; parts <= MOST_PARTS; parts *= 2) {
                // More parts than fill the device only bring sums to add up.
                if (parts == 1 || tiles * parts / 2 < device.multiprocessors()) {
                    tilings.addAll(of(mlp, device, tile, parts, variant.get(), more.applyAsInt(tile)));
                }
            }
        }
        return tilings;
    }

    private static Optional<Variant> variant(Mlp mlp, int tile) {
        int needed = ceil(mlp.channels() / Mma.N, WARPS * M / tile);
        return VARIANTS.stream().filter(variant -> needed <= variant.eights()).findFirst();
    }

    /** With the largest chunks of which two blocks fit a multiprocessor, and one. */
    private static List<MlpTiling> of(Mlp mlp, DeviceLimits device, int tile, int parts, Variant variant, int more) {
        return IntStream.of(2, 1)
                .map(blocks -> Math.min(device.sharedOfBlock(), device.sharedOfMultiprocessor() / blocks - RESERVED))
                .map(limit -> largestChunk(mlp, tile, parts, limit - more)).distinct()
                .filter(chunk -> chunk > 0 && ceil(mlp.hidden(), chunk) >= parts)
                .mapToObj(chunk -> {
                    int shared = shared(mlp, tile, parts, chunk) + more;
                    int blocks = Math.min(variant.blocks(), device.sharedOfMultiprocessor() / (shared + RESERVED));
                    return new MlpTiling(tile, parts, chunk, variant.eights(), shared, blocks);
                }).toList();
    }

    /** 0 if none fits. */
    private static int largestChunk(Mlp mlp, int tile, int parts, int limit) {
        int chunk = Mma.K * Mma.steps(ceil(mlp.hidden(), parts));
        while (chunk > 0 && shared(mlp, tile, parts, chunk) > limit) {
            chunk -= Mma.K;
        }
        return chunk;
    }

    /** As the kernel divides it: pixels and hidden channels, where the sums are then; weights and biases of a chunk, or of two. */
    private static int shared(Mlp mlp, int tile, int parts, int chunk) {
        int pixels = Math.max(tile * (Mma.pixelBytes(mlp.channels()) + Mma.pixelBytes(chunk)),
                tile * (mlp.channels() + 4) * Float.BYTES);
        int weights = Mma.weightBytes(mlp.channels(), chunk) + Mma.weightBytes(chunk, mlp.channels()) + chunk * Float.BYTES;
        return pixels + weights * (ceil(mlp.hidden(), chunk) > parts ? 2 : 1);
    }

    /** Blocks side by side: no more than are there at a time, each of which takes tile after tile. */
    int grid(Mlp mlp, DeviceLimits device) {
        return Math.min(ceil(mlp.pixels(), tile), Math.max(1, device.multiprocessors() * blocks / parts));
    }

    /** Bytes of the sums of all parts of all tiles; 0 if a tile has one part. */
    long partialBytes(Mlp mlp) {
        return parts == 1 ? 0 : (long) ceil(mlp.pixels(), tile) * parts * tile * mlp.channels() * Float.BYTES;
    }

    /** As plans name it. */
    @Override
    public String toString() {
        return tile + "x" + parts + "x" + chunk;
    }
}
