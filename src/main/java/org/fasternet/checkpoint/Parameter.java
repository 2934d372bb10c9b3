package org.fasternet.checkpoint;

import java.util.List;
import org.fasternet.layer.FasterNetConfig;

/** One tensor of a state dict: its published key, what it is for, and its shape. */
record Parameter(String key, Role role, List<Size> sizes) {
    enum Role {
        WEIGHT,
        /** The weight of a residual branch's last convolution. */
        PROJECTION,
        BIAS,
        NORM_SCALE,
        NORM_BIAS,
        RUNNING_MEAN,
        RUNNING_VARIANCE,
        LAYER_SCALE;

        /** Whether training descends its gradient, so that PyTorch counts it among {@code parameters()}. */
        boolean learnable() {
            return this != RUNNING_MEAN && this != RUNNING_VARIANCE;
        }
    }

    int[] shape(FasterNetConfig config) {
        int[] shape = new int[sizes.size()];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = sizes.get(axis).in(config);
        }
        return shape;
    }
}
