package org.fasternet.error;

/**
 * What this library throws when it cannot do what was asked: one sentence that names the file, tensor, shape or option at fault,
 * what was found and what was expected. The subclasses tell whose fault it is.
 */
public class FasterNetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public FasterNetException(String message) {
        super(message);
    }

    public FasterNetException(String message, Throwable cause) {
        super(message, cause);
    }
}
