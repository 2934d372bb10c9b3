package org.fasternet.error;

/** A file that cannot be read as what it was given for, or cannot be written: the message begins with its path. */
public final class InvalidFileException extends FasterNetException {
    private static final long serialVersionUID = 1;

    public InvalidFileException(String message) {
        super(message);
    }

    public InvalidFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
