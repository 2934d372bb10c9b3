package org.fasternet.image;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.UnsupportedException;

/**
 * The formats that are read, each told by the bytes a file begins with, and the one ImageIO plug-in that decodes it.
 *
 * <p>The plug-in is named, not searched for: what an image decodes to does not depend on plug-ins an application has installed,
 * and no plug-in is asked to look at the file.
 */
enum ImageFormat {
    PNG("\u0089PNG\r\n\u001a\n", "com.sun.imageio.plugins.png.PNGImageReaderSpi"),
    JPEG("\u00ff\u00d8\u00ff", "com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi"),
    GIF("GIF8?a", "com.sun.imageio.plugins.gif.GIFImageReaderSpi"),
    BMP("BM", "com.sun.imageio.plugins.bmp.BMPImageReaderSpi"),
    WEBP("RIFF????WEBP", "com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi");

    /** How much of a file tells its format. */
    static final int MAGIC_BYTES = 12;

    /** One character per byte; a question mark stands for any byte. */
    private final String magic;

    private final String provider;

    ImageFormat(String magic, String provider) {
        this.magic = magic;
        this.provider = provider;
    }

    /**
     * @param file all of it, or at least its first {@link #MAGIC_BYTES}
     * @param name begins the message of the exception
     * @throws InvalidFileException if no format begins so
     */
    static ImageFormat of(byte[] file, String name) {
        for (ImageFormat format : values()) {
            if (format.matches(file)) {
                return format;
            }
        }
        throw new InvalidFileException(name + ": not a PNG, JPEG, GIF, BMP or WebP image");
    }

    private boolean matches(byte[] file) {
        if (file.length < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            char expected = magic.charAt(i);
            if (expected != '?' && expected != (file[i] & 0xff)) {
                return false;
            }
        }
        return true;
    }

    /** @throws UnsupportedException if the plug-in is not installed */
    ImageReader createReader() throws IOException {
        ImageReaderSpi spi;
        try {
            // The JDK does not export its providers' packages: only the registry's instances can be had.
            spi = (ImageReaderSpi) IIORegistry.getDefaultInstance().getServiceProviderByClass(Class.forName(provider));
        } catch (ClassNotFoundException e) {
            spi = null;
        }
        if (spi == null) {
            throw new UnsupportedException(
                    "reading " + this + " images needs the ImageIO plug-in " + provider + ", which is not installed");
        }
        return spi.createReaderInstance();
    }
}
