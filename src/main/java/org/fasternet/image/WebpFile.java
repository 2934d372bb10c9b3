package org.fasternet.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.imageio.IIOException;

/** The two things in a WebP file that its reader must not be left alone with: its frames' own sizes and its colour profile. */
final class WebpFile {
    private static final int VP8X = fourCC("VP8X");
    private static final int VP8 = fourCC("VP8 ");
    private static final int VP8L = fourCC("VP8L");
    private static final int ANIMATION_FRAME = fourCC("ANMF");

    private static final int FIRST_CHUNK = 12;
    private static final int CHUNK_HEADER = 8;
    private static final int ANIMATION_FRAME_HEADER = 16;
    private static final int VP8X_ICC_PROFILE = 0x20;

    private WebpFile() {}

    private static int fourCC(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }

    /**
     * The reader decodes a lossy frame at the frame's own size, whatever the screen's size is.
     *
     * @throws IIOException if there is no frame or one is too large
     */
    static void checkFrames(byte[] file) throws IIOException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        boolean any = false;
        long at = FIRST_CHUNK;
        while (at + CHUNK_HEADER + 10 <= file.length) {
            int body = (int) at + CHUNK_HEADER;
            int chunk = in.getInt((int) at);
            long length = in.getInt((int) at + 4) & 0xffffffffL;
            if (chunk == VP8) {
                // RFC 6386, 9.1: a tag of 3 bytes and a start code of 3, then width and height in 14 bits of 16.
                ImageDecoder.checkSize(in.getShort(body + 8) & 0x3fff, in.getShort(body + 6) & 0x3fff);
            }
            any |= chunk == VP8 || chunk == VP8L;
            at = chunk == ANIMATION_FRAME ? body + ANIMATION_FRAME_HEADER : body + length + (length & 1);
        }
        if (!any) {
            throw new IIOException("it has no image");
        }
    }

    /** The file without the flag that announces a colour profile, which the reader would apply. */
    static byte[] withoutProfile(byte[] file) {
        byte[] plain = file.clone();
        ByteBuffer in = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
        int flags = FIRST_CHUNK + CHUNK_HEADER;
        if (plain.length > flags && in.getInt(FIRST_CHUNK) == VP8X) {
            plain[flags] &= ~VP8X_ICC_PROFILE;
        }
        return plain;
    }
}
