package org.fasternet.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where each block of memory lies in one arena: blocks that live at the same time do not overlap, others share.
 *
 * <p>Greedy by size (Pisarchyk and Lee, 2020, section 5.2): the largest block first, each at the lowest offset where it meets no
 * block that it lives with.
 *
 * @param offsets bytes, one per block, in the order in which the blocks were given
 * @param bytes size of the arena
 */
public record ArenaPlan(List<Long> offsets, long bytes) {
    /** A cache line, and the widest vector. */
    public static final int ALIGNMENT = 64;

    /**
     * Memory needed from one step to another.
     *
     * @param bytes size
     * @param first index of the first step that touches it
     * @param last index of the last one
     */
    public record Block(long bytes, int first, int last) {
        boolean meets(Block other) {
            return first <= other.last && other.first <= last;
        }
    }

    public ArenaPlan {
        offsets = List.copyOf(offsets);
    }

    public static ArenaPlan of(List<Block> blocks) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingLong((Integer i) -> blocks.get(i).bytes()).reversed());
        Long[] offsets = new Long[blocks.size()];
        List<Integer> placed = new ArrayList<>();
        long total = 0;
        for (int i : order) {
            offsets[i] = lowestFit(blocks, offsets, placed, blocks.get(i));
            placed.add(i);
            placed.sort(Comparator.comparingLong(p -> offsets[p]));
            total = Math.max(total, offsets[i] + aligned(blocks.get(i).bytes()));
        }
        return new ArenaPlan(List.of(offsets), total);
    }

    private static long lowestFit(List<Block> blocks, Long[] offsets, List<Integer> placedByOffset, Block block) {
        long offset = 0;
        for (int p : placedByOffset) {
            Block other = blocks.get(p);
            if (!block.meets(other)) {
                continue;
            }
            if (offset + aligned(block.bytes()) <= offsets[p]) {
                break;
            }
            offset = Math.max(offset, offsets[p] + aligned(other.bytes()));
        }
        return offset;
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
