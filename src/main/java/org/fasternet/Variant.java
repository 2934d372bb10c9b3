package org.fasternet;

import java.util.List;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;

/** The published sizes (Chen et al., CVPR 2023, table 9): ImageNet classifiers for 224x224 RGB images, 1000 classes. */
public enum Variant {
    T0(40, List.of(1, 2, 8, 2)),
    T1(64, List.of(1, 2, 8, 2)),
    T2(96, List.of(1, 2, 8, 2)),
    S(128, List.of(1, 2, 13, 2)),
    M(144, List.of(3, 4, 18, 3)),
    L(192, List.of(3, 4, 18, 3));

    private final FasterNetConfig config;

    Variant(int embedDim, List<Integer> depths) {
        config = new FasterNetConfig(3, embedDim, depths, 4, 2.0, 1280, 1000, Activation.published(embedDim), false, true, false);
    }

    public FasterNetConfig config() {
        return config;
    }
}
