package org.fasternet.image;

import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStreamImpl;

/** A file in memory as ImageIO wants it: ImageIO's own streams copy the file once more, or into a temporary file. */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {
    /** More than any reader's look-ahead. TwelveMonkeys' bit reader goes on without end on the zeros it makes up there. */
    private static final int MAX_READS_AT_END = 100;

    private final byte[] bytes;
    private int readsAtEnd;

    ByteArrayImageInputStream(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether a reader has asked for more bytes than there are. */
    boolean exhausted() {
        return readsAtEnd > 0;
    }

    @Override
    public int read() throws IIOException {
        bitOffset = 0;
        if (atEnd()) {
            return -1;
        }
        return bytes[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] dst, int offset, int length) throws IIOException {
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

    private boolean atEnd() throws IIOException {
        if (streamPos < bytes.length) {
            return false;
        }
        if (++readsAtEnd > MAX_READS_AT_END) {
            throw new IIOException("it ends too early");
        }
        return true;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
