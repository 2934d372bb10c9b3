package org.fasternet.schedule;

import java.util.Optional;
import org.fasternet.layer.Activation;
import org.fasternet.tensor.Tensor;

/**
 * One operation on views of buffers. Steps of a schedule run one after the other; {@code label} says which layer's part it is.
 */
public sealed interface Step {
    String label();

    View src();

    View dst();

    long multiplyAdds();

    /**
     * Copies {@code src} to {@code dst}, converting layout and element type where they differ. The shapes are equal, or
     * {@code dst} has more channels, which become zero.
     */
    record Copy(String label, View src, View dst) implements Step {
        @Override
        public long multiplyAdds() {
            return 0;
        }
    }

    /**
     * {@code dst = act(conv(src) + bias)}, or {@code dst += act(conv(src) + bias)} with {@code accumulate}.
     *
     * @param weights O x (I / groups) x k x k
     * @param bias O values, or none
     * @param stride in both directions
     * @param padding zeros on each side
     * @param groups of channels, each convolved by itself
     * @param multiplyAdds by the layer's definition: channels that only pad are not counted
     */
    record Conv(
            String label,
            View src,
            View dst,
            Tensor weights,
            Optional<float[]> bias,
            int stride,
            int padding,
            int groups,
            Optional<Activation> activation,
            boolean accumulate,
            long multiplyAdds)
            implements Step {}

    /**
     * Patches of {@code size x size} pixels become one pixel each, source channel c of the patch's pixel (y, x) at channel
     * {@code (c * size + y) * size + x}, the order of a convolution's weights; rows and columns left over are dropped. More
     * channels of {@code dst} become zero.
     */
    record Patches(String label, View src, View dst, int size) implements Step {
        @Override
        public long multiplyAdds() {
            return 0;
        }
    }

    /** The mean over rows and columns. */
    record Mean(String label, View src, View dst) implements Step {
        @Override
        public long multiplyAdds() {
            return 0;
        }
    }

    /** {@code dst = scale * src + shift}, per channel. */
    record Affine(String label, View src, View dst, float[] scale, float[] shift) implements Step {
        @Override
        public long multiplyAdds() {
            return src.shape().elements();
        }
    }
}
