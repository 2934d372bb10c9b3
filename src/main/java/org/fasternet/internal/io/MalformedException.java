package org.fasternet.internal.io;

import java.io.IOException;

/**
 * What a parser found wrong, as a sentence without the file's name: {@link InputFile#read} puts the path before it. Checked, so
 * that it cannot get past that place.
 */
public final class MalformedException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int QUOTED = 80;

    public MalformedException(String message) {
        super(message);
    }

    /** A text from a hostile file as it may stand in a message: in quotes, on one line, not endless. */
    public static String quote(String text) {
        String shown = text.length() > QUOTED ? text.substring(0, QUOTED) + "..." : text;
        return "'" + (isPlain(shown) ? shown : shown.replaceAll("\\p{C}", "?")) + "'";
    }

    /** Whether all of it is printable ASCII, as names in files are: regular expressions would take a start several milliseconds. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }
}
