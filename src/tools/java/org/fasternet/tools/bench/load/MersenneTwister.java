package org.fasternet.tools.bench.load;

/**
 * The generator MT19937 as C++ defines {@code std::mt19937} ([rand.eng.mers]), so that a seed means what it means to LoadGen. The
 * generators of this name in Java libraries fill their state from a seed in another way.
 */
final class MersenneTwister {
    private static final int SIZE = 624;
    private static final int SHIFT = 397;

    private final int[] state = new int[SIZE];
    private int next = SIZE;

    /** @param seed of which the lower 32 bits count */
    MersenneTwister(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < SIZE; i++) {
            state[i] = 1_812_433_253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
    }

    /** 0 to 2^32 - 1. */
    long next() {
        if (next == SIZE) {
            twist();
            next = 0;
        }
        int value = state[next++];
        value ^= value >>> 11;
        value ^= value << 7 & 0x9d2c5680;
        value ^= value << 15 & 0xefc60000;
        value ^= value >>> 18;
        return Integer.toUnsignedLong(value);
    }

    private void twist() {
        for (int i = 0; i < SIZE; i++) {
            int joined = state[i] & 0x80000000 | state[(i + 1) % SIZE] & 0x7fffffff;
            state[i] = state[(i + SHIFT) % SIZE] ^ joined >>> 1 ^ ((joined & 1) == 0 ? 0 : 0x9908b0df);
        }
    }

    /** From 0, to less than 1: 64 random bits, rounded to a double, the lower 32 drawn first. */
    double nextDouble() {
        double low = next();
        return Math.min((low + next() * 0x1p32) * 0x1p-64, Math.nextDown(1.0));
    }

    /** From 0, to less than {@code bound}. */
    int below(int bound) {
        return (int) (next() * bound >>> 32);
    }
}
