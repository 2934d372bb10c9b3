package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions and kernels on memory segments, where Java has them. */
class MemorySegmentTest {
    private static final Shape SRC = new Shape(1, 2, 1, 2);

    private final Arena arena = Arena.ofConfined();
    private final Kernel kernel = Kernel.compile(
            new Pointwise(new Tensor(new int[] {1, 2}, new float[] {1, 10}), new float[1], Optional.empty(), false), SRC,
            SessionOptions.defaults());
    private final MemorySegment src = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4);
    private final MemorySegment dst = arena.allocate(2 * Float.BYTES, Float.BYTES);

    @AfterEach
    void close() {
        kernel.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Test
    void aKernelReadsAndWritesThem() {
        kernel.run(src, dst);
        assertArrayEquals(new float[] {21, 43}, dst.toArray(ValueLayout.JAVA_FLOAT));
        MemorySegment other = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0, 0);
        kernel.run(src, other);
        assertArrayEquals(new float[] {21, 43}, other.toArray(ValueLayout.JAVA_FLOAT));
    }

    @Test
    void aKernelInPlaceTakesOne() {
        PartialConv layer = new PartialConv(2, new Tensor(new int[] {1, 1, 3, 3}, new float[] {0, 0, 0, 0, 5, 0, 0, 0, 0}));
        try (Kernel inPlace = Kernel.compileInPlace(layer, SRC, SessionOptions.defaults())) {
            inPlace.run(src);
            assertArrayEquals(new float[] {5, 2, 15, 4}, src.toArray(ValueLayout.JAVA_FLOAT), 1e-5f);
        }
    }

    @Test
    void aSessionComputesOnThemWhatItDoesOnBuffers() {
        FasterNet model = FasterNet.demo();
        try (Session session = model.session(SessionOptions.defaults())) {
            FloatBuffer input = Buffers.random(session.srcShape(), 7);
            FloatBuffer expected = Golden.floats(session.dstShapes().get(0).elements());
            session.run(input, expected);
            MemorySegment output = arena.allocate(4L * expected.capacity(), Float.BYTES);
            session.run(MemorySegment.ofBuffer(input), output);
            assertArrayEquals(Golden.array(expected), output.toArray(ValueLayout.JAVA_FLOAT));
        }
    }

    private String refusal(Class<? extends RuntimeException> type, MemorySegment source, MemorySegment... destinations) {
        return assertThrows(type, () -> kernel.run(source, destinations)).getMessage();
    }

    @Test
    void whatCannotBeUsedIsRefusedWithASentence() {
        Class<? extends RuntimeException> shape = org.fasternet.error.ShapeException.class;
        assertEquals("src: a memory segment on the heap was given, a native one is needed",
                refusal(shape, MemorySegment.ofArray(new float[4]), dst));
        assertEquals("src: the memory segment has 15 bytes, 16 are needed for 1x2x1x2", refusal(shape, src.asSlice(0, 15), dst));
        assertEquals("dst: a read-only memory segment cannot be written to", refusal(shape, src, dst.asReadOnly()));
        assertTrue(refusal(shape, arena.allocate(32).asSlice(1), dst).contains("no multiple of 4"));
        assertEquals("src and dst overlap in memory", refusal(shape, src, src.asSlice(8)));
        assertEquals("this kernel has 1 destinations, 0 were given", refusal(shape, src));
    }

    @Test
    void anotherThreadsArenaIsRefused() {
        MemorySegment theirs = CompletableFuture.supplyAsync(() -> Arena.ofConfined().allocate(16, 4)).join();
        assertEquals("src: the memory segment belongs to another thread's arena: a shared or automatic one is needed",
                refusal(IllegalStateException.class, theirs, dst));
    }

    @Test
    void aClosedArenaIsRefusedThoughTheLastRunUsedIt() {
        kernel.run(src, dst);
        arena.close();
        assertEquals("src: the memory segment's arena is closed", refusal(IllegalStateException.class, src, dst));
    }
}
