package org.fasternet.schedule;

import java.util.Arrays;
import org.fasternet.tensor.Tensor;

/**
 * Which channel of a layer's value lies where in a row of memory: {@code channels[i]} is the one at place i, or {@link #PADDING}.
 * Padding holds zeros. The array is not copied.
 */
record ChannelOrder(int[] channels) {
    static final int PADDING = -1;

    /** Channels 0, 1, ..., count - 1, padded up to a multiple of {@code granule}. */
    static ChannelOrder natural(int count, int granule) {
        return range(0, count, granule);
    }

    /** Channels from {@code first} up to {@code end}, padded up to a multiple of {@code granule}. */
    static ChannelOrder range(int first, int end, int granule) {
        int[] channels = new int[padded(end - first, granule)];
        Arrays.setAll(channels, i -> i < end - first ? first + i : PADDING);
        return new ChannelOrder(channels);
    }

    static int padded(int count, int granule) {
        return (count + granule - 1) / granule * granule;
    }

    ChannelOrder then(ChannelOrder next) {
        int[] joined = Arrays.copyOf(channels, channels.length + next.channels.length);
        System.arraycopy(next.channels, 0, joined, channels.length, next.channels.length);
        return new ChannelOrder(joined);
    }

    int places() {
        return channels.length;
    }

    /** The place of a channel, which must be there. */
    int place(int channel) {
        for (int i = 0; i < channels.length; i++) {
            if (channels[i] == channel) {
                return i;
            }
        }
        throw new IllegalArgumentException("no channel " + channel);
    }

    /** Values per channel in this order, zero in the padding. */
    float[] arrange(float[] values) {
        float[] arranged = new float[channels.length];
        for (int i = 0; i < channels.length; i++) {
            arranged[i] = channels[i] == PADDING ? 0 : values[channels[i]];
        }
        return arranged;
    }

    /** Weights O x I x ... with outputs and inputs in these orders, zero in the padding; read when they are asked for. */
    static Tensor arrange(Tensor weights, ChannelOrder outputs, ChannelOrder inputs) {
        int[] shape = weights.shape();
        int inner = weights.dim(1);
        int taps = weights.elements() / Math.max(1, weights.dim(0) * inner);
        shape[0] = outputs.places();
        shape[1] = inputs.places();
        return Tensor.deferred(shape, weights.bound(), dst -> {
            float[] values = weights.data();
            int at = 0;
            for (int output : outputs.channels) {
                for (int input : inputs.channels) {
                    if (output == PADDING || input == PADDING) {
                        Arrays.fill(dst, at, at + taps, 0);
                    } else {
                        System.arraycopy(values, (output * inner + input) * taps, dst, at, taps);
                    }
                    at += taps;
                }
            }
        });
    }
}
