package org.fasternet.checkpoint;

import java.util.Set;

/**
 * An entry of a file, not read yet.
 *
 * @param dict the keys of the dicts that lead to it, with dots between them; empty at the top, and always in safetensors
 * @param key in that dict
 * @param dtype by its safetensors name; {@link #UNKNOWN} where only an index was read, {@link #NO_TENSOR} for another value
 */
record StoredKey(String dict, String key, String dtype) {
    static final String UNKNOWN = "";
    static final String NO_TENSOR = "no tensor";

    /** What training and profilers keep in every module: counters, which say nothing about the network's function. */
    private static final Set<String> COUNTERS = Set.of("num_batches_tracked", "total_ops", "total_params");
    private static final Set<String> INTEGERS = Set.of("I64", "I32", "I16", "I8", "U8", "U16", "U32", "U64", "BOOL");

    private static final String COMPILED = "(^|\\.)(_orig_mod\\.)+";

    boolean isTensor() {
        return !dtype.equals(NO_TENSOR);
    }

    boolean isInteger() {
        return INTEGERS.contains(dtype);
    }

    /** Whether it says nothing about the network's function, whatever it is called before its last dot. */
    boolean isIgnored() {
        return isInteger() || COUNTERS.contains(key.substring(key.lastIndexOf('.') + 1));
    }

    /** The key without what {@code torch.compile} puts before the names of what it compiled, at any depth. */
    static String plain(String key) {
        return key.contains("_orig_mod.") ? key.replaceAll(COMPILED, "$1") : key;
    }
}
