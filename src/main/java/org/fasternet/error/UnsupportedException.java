package org.fasternet.error;

/** A back end, precision, ISA or option that was asked for by name and cannot be had here. */
public final class UnsupportedException extends FasterNetException {
    private static final long serialVersionUID = 1;

    public UnsupportedException(String message) {
        super(message);
    }

    public UnsupportedException(String message, Throwable cause) {
        super(message, cause);
    }
}
