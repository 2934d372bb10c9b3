package org.fasternet.compute;

/** What computes. */
public enum Processor {
    CPU,
    /** NVIDIA's. */
    GPU
}
