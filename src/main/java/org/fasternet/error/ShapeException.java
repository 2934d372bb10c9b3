package org.fasternet.error;

/** A shape, size or buffer that does not fit the operation. */
public final class ShapeException extends FasterNetException {
    private static final long serialVersionUID = 1;

    public ShapeException(String message) {
        super(message);
    }

    public ShapeException(String message, Throwable cause) {
        super(message, cause);
    }
}
