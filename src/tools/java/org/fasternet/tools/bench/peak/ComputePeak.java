package org.fasternet.tools.bench.peak;

/**
 * Multiply-adds on registers, measured.
 *
 * @param isa whose registers and instructions
 * @param type what was multiplied
 * @param instruction what was repeated
 * @param threads each pinned to a CPU of its own
 * @param operations per second: a multiply-add of one lane is two
 */
public record ComputePeak(String isa, NumberType type, String instruction, int threads, Rates operations) {}
