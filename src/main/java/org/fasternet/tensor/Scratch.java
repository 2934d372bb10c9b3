package org.fasternet.tensor;

/**
 * An array that holds the values of one tensor after the other, so that reading a network's weights makes no garbage of their
 * size, which would stay resident. For one thread.
 */
public final class Scratch {
    private float[] array = {};

    /** The array, of {@code elements} values or more, until the next call. */
    public float[] array(int elements) {
        if (array.length < elements) {
            array = new float[elements];
        }
        return array;
    }

    /** The tensor's values, perhaps with others behind them, until the next call. */
    public float[] values(Tensor tensor) {
        float[] values = array(tensor.elements());
        tensor.copyTo(values);
        return values;
    }
}
