package org.fasternet.schedule;

import java.util.Objects;
import org.fasternet.tensor.Shape;

/**
 * Where the element (n, c, h, w) of a buffer lies: at {@code n * strideN + c * strideC + h * strideH + w * strideW}, in elements.
 */
public record Layout(int strideN, int strideC, int strideH, int strideW) {

    // Written out, not the record's own: see LoadedClassesTest.
    @Override
    public boolean equals(Object other) {
        return other instanceof Layout layout
                && strideN == layout.strideN && strideC == layout.strideC && strideH == layout.strideH && strideW == layout.strideW;
    }

    @Override
    public int hashCode() {
        return Objects.hash(strideN, strideC, strideH, strideW);
    }

    /** Channels last, dense: what the kernels compute on. */
    public static Layout nhwc(Shape shape) {
        return rows(shape, shape.w() * shape.c());
    }

    /** Channels first, dense: what PyTorch hands out. */
    public static Layout nchw(Shape shape) {
        int plane = shape.h() * shape.w();
        return new Layout(shape.c() * plane, plane, shape.w(), 1);
    }

    /** Channels last with {@code rowStride} elements from one row to the next. */
    public static Layout rows(Shape shape, int rowStride) {
        return new Layout(shape.h() * rowStride, 1, rowStride, shape.c());
    }

    /** Elements from the first to the last of {@code shape}, both counted: what a buffer must hold at least. */
    public long span(Shape shape) {
        return 1
                + (shape.n() - 1L) * strideN
                + (shape.c() - 1L) * strideC
                + (shape.h() - 1L) * strideH
                + (shape.w() - 1L) * strideW;
    }
}
