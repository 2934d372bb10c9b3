package org.fasternet.tools.bench.load;

/**
 * What MLPerf's generators begin with, unsigned.
 *
 * @param qsl of the order of the data set, which has no meaning where all images are random
 * @param sampleIndex of which images queries bring
 * @param schedule of when queries arrive
 */
record Seeds(long qsl, long sampleIndex, long schedule) {
    /** Those published for every benchmark of MLPerf inference 6.0 and 6.1 ({@code mlperf.conf}). */
    private static final Seeds PUBLISHED =
            new Seeds(2_085_463_073_848_966_840L, 2_747_215_439_041_700_203L, Long.parseUnsignedLong("16159082839903944936"));
    /** The seed that stands for them. */
    private static final long FIRST = 1;

    static Seeds of(long seed) {
        long other = seed - FIRST;
        return new Seeds(PUBLISHED.qsl + other, PUBLISHED.sampleIndex + other, PUBLISHED.schedule + other);
    }
}
