package org.fasternet.internal.abi;

import org.fasternet.NativeException;
import org.fasternet.UnsupportedException;

/** Turns status codes of the C interface into exceptions. */
public final class Status {
    private Status() {}

    /** Does nothing for FN_OK; otherwise throws what the native code said of its failure. */
    public static void check(int status) {
        if (status == Abi.FN_OK) {
            return;
        }
        String message = Abi.fn_last_error().getString();
        throw status == Abi.FN_UNSUPPORTED ? new UnsupportedException(message) : new NativeException(message);
    }
}
