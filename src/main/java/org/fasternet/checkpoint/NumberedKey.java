package org.fasternet.checkpoint;

import java.util.Optional;

/**
 * A key that continues with a number and a dot, as {@code stages.3.reduction.weight} does after {@code stages.}. Read by hand: a
 * start spends longer on its first regular expressions than on all of a network's keys.
 */
record NumberedKey(int number, String rest) {
    /** So that twice the number fits an {@code int}. */
    private static final int MAX_DIGITS = 9;

    /** Empty if {@code key} does not begin with {@code prefix}, one to nine digits and a dot. */
    static Optional<NumberedKey> after(String prefix, String key) {
        int end = prefix.length();
        while (end < key.length() && key.charAt(end) >= '0' && key.charAt(end) <= '9') {
            end++;
        }
        int digits = end - prefix.length();
        if (!key.startsWith(prefix) || digits == 0 || digits > MAX_DIGITS || !key.startsWith(".", end)) {
            return Optional.empty();
        }
        return Optional.of(new NumberedKey(Integer.parseInt(key.substring(prefix.length(), end)), key.substring(end + 1)));
    }

    /** {@link #after}, of a network's stages. */
    static Optional<NumberedKey> stage(String key) {
        return after("stages.", key);
    }
}
