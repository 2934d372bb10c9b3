package org.fasternet.checkpoint;

import java.util.Arrays;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.StoredValues;
import org.fasternet.tensor.Tensor;

/**
 * A tensor as a pickle describes it: a strided view of a storage. All numbers are the file's and unchecked.
 *
 * @param offset of the first value in the storage, like the strides in values
 */
record PickledTensor(Storage storage, long offset, long[] sizes, long[] strides) {
    /**
     * @param dtype by its safetensors name
     * @param key names the zip entry {@code data/<key>} with the values
     */
    record Storage(String dtype, String key, long elements) {
    }

    /**
     * The tensor with its numbers checked: every value lies in the storage.
     *
     * @param name for messages
     */
    View view(String name) throws MalformedException {
        int[] shape = StoredValues.shape(name, sizes);
        int elements = Tensor.elements(shape);
        boolean valid = strides.length == shape.length && offset >= 0 && offset <= storage.elements
                && storage.elements <= StoredValues.MAX_ELEMENTS;
        long last = offset;
        for (int i = 0; valid && elements > 0 && i < shape.length; i++) {
            // A stride that matters is smaller than the storage, and so are the sizes together: nothing can overflow.
            valid = strides[i] >= 0 && (shape[i] == 1 || strides[i] < storage.elements);
            last += valid && shape[i] > 1 ? (shape[i] - 1) * strides[i] : 0;
        }
        if (!valid || elements > 0 && last >= storage.elements) {
            throw new MalformedException("tensor " + MalformedException.quote(name) + " has shape " + Arrays.toString(sizes)
                    + ", strides " + Arrays.toString(strides) + " and offset " + offset + "; they are expected to stay within its storage of "
                    + storage.elements + " values");
        }
        return new View(storage, (int) offset, shape, strides, elements);
    }

    /** A {@link PickledTensor} that is safe to read. */
    record View(Storage storage, int offset, int[] shape, long[] strides, int elements) {
        /** Whether the storage's values are the tensor's, one for one. */
        boolean isWholeStorage() {
            long dense = 1;
            boolean rowMajor = elements == storage.elements;
            for (int i = shape.length - 1; i >= 0; i--) {
                rowMajor &= shape[i] == 1 || strides[i] == dense;
                dense *= shape[i];
            }
            return rowMajor;
        }

        /** Writes the tensor's values, row-major, to the beginning of {@code dst}. */
        void copyTo(float[] dst, float[] stored) {
            if (isWholeStorage()) {
                System.arraycopy(stored, 0, dst, 0, elements);
            } else if (elements > 0) {
                gather(stored, offset, 0, dst, 0);
            }
        }

        /** Copies the sub-tensor of dimensions {@code axis} and up; returns where the next one goes. */
        private int gather(float[] stored, int from, int axis, float[] dst, int at) {
            if (axis == shape.length) {
                dst[at] = stored[from];
                return at + 1;
            }
            int next = at;
            for (int i = 0; i < shape[axis]; i++) {
                next = gather(stored, from + (int) (i * strides[axis]), axis + 1, dst, next);
            }
            return next;
        }
    }
}
