package org.fasternet.checkpoint;

import java.util.List;
import java.util.function.Predicate;
import org.fasternet.internal.io.MalformedException;

/** What a reader asks once it knows what is in a file, and before it reads a value: tensors can be larger than all memory. */
interface StateChooser {
    /** @throws MalformedException if the network cannot be told from the rest */
    Predicate<StoredKey> choose(List<StoredKey> keys) throws MalformedException;
}
