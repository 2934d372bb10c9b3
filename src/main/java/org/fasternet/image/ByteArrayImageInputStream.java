package org.fasternet.image;

import javax.imageio.stream.ImageInputStreamImpl;

/** A file in memory as ImageIO wants it: ImageIO's own streams copy the file once more, or into a temporary file. */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {
    private final byte[] bytes;
    private boolean exhausted;

    ByteArrayImageInputStream(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether a reader has asked for more bytes than there are. */
    boolean exhausted() {
        return exhausted;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (atEnd()) {
            return -1;
        }
        return bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] dst, int offset, int length) {
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (atEnd()) {
            return -1;
        }
        int n = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, dst, offset, n);
        streamPos += n;
        return n;
    }

    private boolean atEnd() {
        boolean end = streamPos >= bytes.length;
        exhausted |= end;
        return end;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
