package org.fasternet.schedule;

import java.util.Optional;
import org.fasternet.int8.Int8Layer;
import org.fasternet.int8.Int8Matrix;
import org.fasternet.layer.Activation;
import org.fasternet.layer.MatrixScales;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Quantization;
import org.fasternet.layer.QuantizationParams;
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
            implements Step {
        /** Whether each pixel's outputs come from that pixel alone, and from all of its channels. */
        public boolean pointwise() {
            return weights.dim(2) == 1 && weights.dim(3) == 1 && stride == 1 && padding == 0 && groups == 1;
        }
    }

    /**
     * A convolution in 8 bits, as {@link Int8Matrix} says, of what a layer's matrix is.
     *
     * @param conv its shape and place; weights, bias and activation are the matrix's, padding is what 0 is stored as
     * @param layer whose matrix it is
     * @param stored what the layer reads
     * @param scales of the layer
     * @param index of the matrix
     */
    record Int8Conv(Conv conv, NamedLayer layer, QuantizationParams stored, Quantization.Scales scales, int index) implements Step {
        @Override
        public String label() {
            return conv.label();
        }

        @Override
        public View src() {
            return conv.src();
        }

        @Override
        public View dst() {
            return conv.dst();
        }

        @Override
        public long multiplyAdds() {
            return conv.multiplyAdds();
        }

        /** What the source's values stand for. */
        public QuantizationParams read() {
            return Int8Layer.src(stored, scales, index);
        }

        public MatrixScales matrixScales() {
            return scales.matrices().get(index);
        }

        /** Worked out by every call: as large as the weights. */
        public Int8Matrix matrix() {
            return Int8Layer.matrix(layer, stored, scales, index);
        }
    }

    /**
     * Copies f32 to 8 bits, or back.
     *
     * @param stored what the 8 bits stand for
     */
    record Convert(String label, View src, View dst, QuantizationParams stored) implements Step {
        @Override
        public long multiplyAdds() {
            return 0;
        }
    }

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
