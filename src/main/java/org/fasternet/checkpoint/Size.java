package org.fasternet.checkpoint;

import org.fasternet.layer.FasterNetConfig;

/**
 * One size in a parameter's shape, by what it counts: known as a number only together with a configuration, and conversely what a
 * file's tensors are asked for to find the configuration.
 *
 * @param counts what is counted
 * @param index the stage (from 0) for the three kinds of a stage's channels, the size itself for {@code FIXED}, else 0
 */
record Size(Counts counts, int index) {
    enum Counts { FIXED, IN_CHANNELS, CHANNELS, PARTIAL_CHANNELS, HIDDEN_CHANNELS, FEATURES, CLASSES }

    static final Size IN_CHANNELS = new Size(Counts.IN_CHANNELS, 0);
    static final Size FEATURES = new Size(Counts.FEATURES, 0);
    static final Size CLASSES = new Size(Counts.CLASSES, 0);

    // Written out, not the record's own: see LoadedClassesTest.
    @Override
    public boolean equals(Object other) {
        return other instanceof Size size && counts == size.counts && index == size.index;
    }

    @Override
    public int hashCode() {
        return 31 * counts.hashCode() + index;
    }

    static Size fixed(int size) {
        return new Size(Counts.FIXED, size);
    }

    static Size channels(int stage) {
        return new Size(Counts.CHANNELS, stage);
    }

    static Size partialChannels(int stage) {
        return new Size(Counts.PARTIAL_CHANNELS, stage);
    }

    static Size hiddenChannels(int stage) {
        return new Size(Counts.HIDDEN_CHANNELS, stage);
    }

    int in(FasterNetConfig config) {
        return switch (counts) {
            case FIXED -> index;
            case IN_CHANNELS -> config.inChannels();
            case CHANNELS -> config.channels(index);
            case PARTIAL_CHANNELS -> config.partialChannels(index);
            case HIDDEN_CHANNELS -> config.hiddenChannels(index);
            case FEATURES -> config.featureDim();
            case CLASSES -> config.numClasses();
        };
    }
}
