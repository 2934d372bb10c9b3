package org.fasternet.error;

/** Native code reported a failure; the message is its own. */
public final class NativeException extends FasterNetException {
    private static final long serialVersionUID = 1;

    public NativeException(String message) {
        super(message);
    }

    public NativeException(String message, Throwable cause) {
        super(message, cause);
    }
}
