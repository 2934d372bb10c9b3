package org.fasternet.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** How an image's rows and columns lie in the world, from the EXIF data that JPEG, PNG and WebP files may have. */
final class ExifOrientation {
    private static final int APP1 = 0xe1;
    private static final int SOS = 0xda;
    private static final String PREFIX = "Exif\0\0";

    private ExifOrientation() {}

    /** 1 to 8; 1, upright, where none is said. A damaged file is no business of this: another reader refuses it. */
    static int of(ImageFormat format, byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        return switch (format) {
            case JPEG -> ofJpeg(in);
            case PNG -> ofChunks(in.order(ByteOrder.BIG_ENDIAN), 8, "eXIf", false);
            case WEBP -> ofChunks(in.order(ByteOrder.LITTLE_ENDIAN), 12, "EXIF", true);
            case GIF, BMP, TIFF -> 1;
        };
    }

    private static int ofJpeg(ByteBuffer in) {
        int at = 2;
        while (at + 4 <= in.limit() && (in.get(at) & 0xff) == 0xff && (in.get(at + 1) & 0xff) != SOS) {
            int length = Short.toUnsignedInt(in.getShort(at + 2));
            if ((in.get(at + 1) & 0xff) == APP1 && begins(in, at + 4, PREFIX) && at + 2 + length <= in.limit()) {
                return tags(in, at + 4, length - 2);
            }
            at += 2 + Math.max(2, length);
        }
        return 1;
    }

    /**
     * @param first offset of the first chunk
     * @param nameFirst whether the name stands before the length, and chunks are padded to an even one; else a checksum follows
     */
    private static int ofChunks(ByteBuffer in, int first, String wanted, boolean nameFirst) {
        long at = first;
        while (at + 8 <= in.limit()) {
            long length = Integer.toUnsignedLong(in.getInt((int) at + (nameFirst ? 4 : 0)));
            if (begins(in, (int) at + (nameFirst ? 0 : 4), wanted) && at + 8 + length <= in.limit()) {
                return tags(in, (int) at + 8, (int) length);
            }
            at += 8 + length + (nameFirst ? length & 1 : 4);
        }
        return 1;
    }

    private static int tags(ByteBuffer in, int at, int length) {
        int skipped = begins(in, at, PREFIX) ? PREFIX.length() : 0;
        return length < skipped
                ? 1
                : TiffTags.of(in.slice(at + skipped, length - skipped)).map(TiffTags::orientation).orElse(1);
    }

    private static boolean begins(ByteBuffer in, int at, String text) {
        if (at + text.length() > in.limit()) {
            return false;
        }
        byte[] found = new byte[text.length()];
        in.get(at, found);
        return new String(found, StandardCharsets.ISO_8859_1).equals(text);
    }

    /** The image as it is to be looked at. */
    static Image upright(Image image, int orientation) {
        if (orientation == 1) {
            return image;
        }
        // Where the rows become columns.
        boolean turned = orientation >= 5;
        int height = turned ? image.width() : image.height();
        int width = turned ? image.height() : image.width();
        int channels = image.channels();
        byte[] dst = new byte[image.pixels().length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int row = turned ? x : y;
                int column = turned ? y : x;
                boolean flipRows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
                boolean flipColumns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
                int from = (flipRows ? image.height() - 1 - row : row) * image.width()
                        + (flipColumns ? image.width() - 1 - column : column);
                System.arraycopy(image.pixels(), from * channels, dst, (y * width + x) * channels, channels);
            }
        }
        return new Image(height, width, channels, dst);
    }
}
