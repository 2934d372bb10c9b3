package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import org.fasternet.compute.Precision;
import org.fasternet.schedule.Step;
import org.fasternet.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MlpTilingTest {
    private static final DeviceLimits H100 = new DeviceLimits(132, 227 << 10, 228 << 10);
    private static final DeviceLimits L4 = new DeviceLimits(58, 99 << 10, 100 << 10);

    private static List<Block> blocks(Variant variant, int batch) {
        Shape src = new Shape(batch, 3, 224, 224);
        List<Step> steps = CudnnProgram.schedule(Specs.of(FasterNet.random(variant, 1).layers(), src, Precision.F16, true)).steps();
        return IntStream.range(0, steps.size()).mapToObj(i -> Block.at(steps, i)).flatMap(Optional::stream).toList();
    }

    private static List<MlpTiling> alone(Block block, DeviceLimits device) {
        return MlpTiling.of(block.mlp(), device, tile -> 0);
    }

    private static List<MlpTiling> whole(Block block, DeviceLimits device) {
        return MlpTiling.of(block.mlp(), device, block::shared);
    }

    @ParameterizedTest
    @CsvSource({"T0, 1", "T0, 256", "T2, 1", "S, 32"})
    void whatIsOfferedFitsTheDevice(Variant variant, int batch) {
        List<Block> blocks = blocks(variant, batch);
        assertEquals(IntStream.of(variant.config().depths().stream().mapToInt(i -> i).toArray()).sum(), blocks.size());
        for (DeviceLimits device : List.of(H100, L4)) {
            for (Block block : blocks) {
                Mlp mlp = block.mlp();
                for (MlpTiling tiling : Stream.concat(alone(block, device).stream(), whole(block, device).stream()).toList()) {
                    String what = tiling + " of " + mlp.what();
                    assertTrue(tiling.shared() <= device.sharedOfBlock() && tiling.blocks() >= 1, what);
                    assertTrue(tiling.blocks() * (tiling.shared() + 1024) <= device.sharedOfMultiprocessor(), what);
                    int chunks = (mlp.hidden() + tiling.chunk() - 1) / tiling.chunk();
                    assertTrue(tiling.chunk() % 16 == 0 && chunks >= tiling.parts(), what);
                    // Eight warps of 16 pixels each, side by side.
                    assertTrue(tiling.eights() * 128 / tiling.tile() * 8 >= mlp.channels(), what);
                    int tiles = (mlp.pixels() + tiling.tile() - 1) / tiling.tile();
                    assertTrue(tiling.parts() == 1 || tiles <= device.multiprocessors(), "a count for each shared tile: " + what);
                    assertTrue(tiling.grid(mlp, device) <= tiles && tiling.grid(mlp, device) >= 1, what);
                }
            }
        }
    }

    /** One image has few pixels, which several blocks share; many have enough, and read the weights less often in large tiles. */
    @Test
    void tilesFollowTheWork() {
        for (Block block : blocks(Variant.T0, 1)) {
            Mlp mlp = block.mlp();
            List<MlpTiling> tilings = alone(block, H100);
            assertTrue(tilings.stream().anyMatch(tiling -> tiling.tile() == 16 && tiling.parts() == 1), tilings::toString);
            assertEquals(mlp.pixels() < 132 * 16,
                    tilings.stream().anyMatch(tiling -> tiling.tile() == 16 && tiling.parts() > 1), tilings::toString);
        }
        Block first = blocks(Variant.T0, 256).get(0);
        for (List<MlpTiling> tilings : List.of(alone(first, H100), whole(first, H100))) {
            assertTrue(tilings.stream().anyMatch(tiling -> tiling.tile() == 128 && tiling.chunk() == first.mlp().hidden()), tilings::toString);
        }
    }

    @Test
    void moreChannelsThanTheKernelSumsUpAreLeftToOthers() {
        List<Block> blocks = blocks(Variant.L, 1);
        Block last = blocks.get(blocks.size() - 1);
        assertEquals(1536, last.mlp().channels());
        assertEquals(List.of(), alone(last, H100));
        assertFalse(alone(blocks.get(0), H100).isEmpty());
    }

    /** Weights of 80 x 80 x 9 are 115 kB, beside which an L4 has no room for others. */
    @Test
    void whatDoesNotFitBesideAPartialConvolutionsWeightsIsLeftToOthers() {
        List<Block> blocks = blocks(Variant.T0, 1);
        assertEquals(List.of(16, 24, 40, 80), blocks.stream().map(Block::slice).distinct().toList());
        for (Block block : blocks) {
            assertFalse(whole(block, H100).isEmpty(), block::what);
            assertEquals(block.slice() == 80, whole(block, L4).isEmpty(), block::what);
        }
    }
}
