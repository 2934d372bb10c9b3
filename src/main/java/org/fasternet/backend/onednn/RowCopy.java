package org.fasternet.backend.onednn;

import org.fasternet.schedule.Step;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.schedule.View;

/**
 * A copy between channels-last tensors of one element type as rows of bytes, one per pixel. Our own loop beats oneDNN's reorder
 * there: 39 of them are in a T0, and each reorder would enter a parallel region of its own for a microsecond's work.
 */
record RowCopy(long rows, long rowBytes, long srcStride, long dstStride) {
    static final String NAME = "copy:rows";

    static boolean fits(Step step) {
        return step instanceof Step.Copy copy
                && copy.src().buffer().type() == copy.dst().buffer().type()
                && copy.src().buffer().dense()
                && copy.dst().buffer().dense();
    }

    static RowCopy of(Step.Copy copy) {
        long rowBytes = (long) copy.src().channels() * copy.src().buffer().type().bytes();
        return new RowCopy(copy.src().shape().pixels(), rowBytes, stride(copy.src()), stride(copy.dst()));
    }

    private static long stride(View view) {
        TensorBuffer buffer = view.buffer();
        return (long) buffer.layout().strideW() * buffer.type().bytes();
    }
}
