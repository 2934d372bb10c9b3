package org.fasternet.tools.cli;

import java.nio.file.Path;
import java.util.List;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.MalformedException;

/** Numbers of classes by their labels, or as they are. */
record ClassNames(List<String> labels, int count) {
    /** Of the folder that a file lies in. */
    int ofFolder(Path file) {
        Path folder = file.toAbsolutePath().getParent().getFileName();
        return number(file.toString(), folder == null ? "" : folder.toString());
    }

    /** @param where what an exception says of where the name was found */
    int number(String where, String text) {
        for (int i = 0; i < labels.size(); i++) {
            if (labels.get(i).equalsIgnoreCase(text)) {
                return i;
            }
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 0 && number < count) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, as for a number that is too large.
        }
        throw new InvalidFileException(where + ": " + MalformedException.quote(text) + " is neither one of "
                + labels.size() + " labels nor a class from 0 to " + (count - 1));
    }
}
