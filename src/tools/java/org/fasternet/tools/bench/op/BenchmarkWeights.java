package org.fasternet.tools.bench.op;

import java.util.SplittableRandom;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.Conv;
import org.fasternet.layer.Layer;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Tensor;

/**
 * Random weights that hold for any number of runs. An operator that works in place meets its own result again: after a thousand
 * runs values would overflow or become denormals, which many CPUs compute ten to a hundred times slower. So what works in place
 * hardly changes its source, by weights that are random, normal numbers all the same.
 */
final class BenchmarkWeights {
    /** n_div of every published variant's blocks. */
    private static final int N_DIV = 4;
    /** Hidden channels of every published variant's blocks, over their channels. */
    static final int RATIO = 2;

    /** Small against the rounding error of f32, so that a million runs change nothing that matters. */
    private static final double HARDLY = 1e-9;

    private final SplittableRandom random;

    BenchmarkWeights(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Keeps the mean square of what it is applied to; the first axis is outputs, the others are summed over. */
    Tensor tensor(int... shape) {
        return tensor(1, shape);
    }

    float[] bias(int outputs) {
        return uniform(outputs, 0.25);
    }

    Layer conv(OperatorShape shape, int groups) {
        int outputs = shape.outputs();
        return new Conv(tensor(outputs, shape.channels() / groups, 3, 3), bias(outputs), groups);
    }

    /** Nearly the identity. */
    Layer partialConv(int channels, int nDiv) {
        int partial = channels / nDiv;
        Tensor weights = tensor(HARDLY, partial, partial, 3, 3);
        for (int o = 0; o < partial; o++) {
            weights.data()[(o * partial + o) * 9 + 4] += 1;
        }
        return new PartialConv(channels, weights);
    }

    /** A branch that adds next to nothing. */
    Layer block(int channels, Activation activation) {
        int partial = channels / N_DIV;
        int hidden = RATIO * channels;
        return new Block(new PartialConv(channels, tensor(partial, partial, 3, 3)), tensor(hidden, channels), bias(hidden),
                activation, tensor(HARDLY, channels, hidden));
    }

    private Tensor tensor(double gain, int... shape) {
        int elements = Tensor.elements(shape);
        double fanIn = elements / (double) shape[0];
        return new Tensor(shape, uniform(elements, gain * Math.sqrt(3 / fanIn)));
    }

    /** Uniform within {@code +-reach}, which has a variance of {@code reach^2 / 3}. */
    private float[] uniform(int count, double reach) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (reach * (2 * random.nextDouble() - 1));
        }
        return values;
    }
}
