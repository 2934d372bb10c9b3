package org.fasternet.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** The first directory of a TIFF file, or of what EXIF puts into other files; hostile input: whatever does not fit is not there. */
final class TiffTags {
    static final int ORIENTATION = 274;
    static final int COLOR_MAP = 320;

    private static final int SHORT = 3;
    private static final int MAGIC = 42;
    private static final int ENTRY_BYTES = 12;

    private final ByteBuffer in;

    private TiffTags(ByteBuffer in) {
        this.in = in;
    }

    /** @param in from its position on; empty if that is no TIFF header */
    static Optional<TiffTags> of(ByteBuffer in) {
        ByteBuffer tiff = in.slice();
        if (tiff.remaining() < 8 || tiff.get(0) != tiff.get(1) || tiff.get(0) != 'I' && tiff.get(0) != 'M') {
            return Optional.empty();
        }
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        return tiff.getShort(2) == MAGIC ? Optional.of(new TiffTags(tiff)) : Optional.empty();
    }

    /** The 16-bit values of a tag; none if it is absent, of another type, or beyond the end. */
    int[] shorts(int tag) {
        long directory = Integer.toUnsignedLong(in.getInt(4));
        if (directory + 2 > in.limit()) {
            return new int[0];
        }
        int entries = Short.toUnsignedInt(in.getShort((int) directory));
        for (long at = directory + 2; entries > 0 && at + ENTRY_BYTES <= in.limit(); at += ENTRY_BYTES, entries--) {
            if (Short.toUnsignedInt(in.getShort((int) at)) == tag && in.getShort((int) at + 2) == SHORT) {
                return shorts((int) at, Integer.toUnsignedLong(in.getInt((int) at + 4)));
            }
        }
        return new int[0];
    }

    private int[] shorts(int entry, long count) {
        long from = count * Short.BYTES <= Integer.BYTES ? entry + 8 : Integer.toUnsignedLong(in.getInt(entry + 8));
        if (from + count * Short.BYTES > in.limit()) {
            return new int[0];
        }
        int[] values = new int[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = Short.toUnsignedInt(in.getShort((int) from + i * Short.BYTES));
        }
        return values;
    }

    /** 1 to 8, as EXIF numbers them; 1, upright, where none is said. */
    int orientation() {
        int[] said = shorts(ORIENTATION);
        return said.length == 1 && said[0] >= 1 && said[0] <= 8 ? said[0] : 1;
    }
}
