package org.fasternet.image;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    WEBP("RIFF????WEBP", "com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi"),
    TIFF(List.of("II*\0", "MM\0*"), "com.sun.imageio.plugins.tiff.TIFFImageReaderSpi");

    /** Formats that phones and cameras write and that are not read, to be called by their names. */
    private static final Map<String, String> OTHERS = new LinkedHashMap<>();

    static {
        OTHERS.put("????ftypavi", "an AVIF");
        for (String brand : List.of("hei", "hev", "mif", "msf")) {
            OTHERS.put("????ftyp" + brand, "a HEIC");
        }
        OTHERS.put("\0\0\0\u000cjP  ", "a JPEG 2000");
        OTHERS.put("\u00ff\u004f\u00ff\u0051", "a JPEG 2000");
        OTHERS.put("\0\0\0\u000cJXL ", "a JPEG XL");
        OTHERS.put("\u00ff\n", "a JPEG XL");
        OTHERS.put("\0\0\u0001\0", "an ICO");
        OTHERS.put("II+\0", "a BigTIFF");
        OTHERS.put("MM\0+", "a BigTIFF");
    }

    /** How much of a file tells its format. */
    static final int MAGIC_BYTES = 12;

    /** One character per byte; a question mark stands for any byte. */
    private final List<String> magics;

    private final String provider;

    ImageFormat(String magic, String provider) {
        this(List.of(magic), provider);
    }

    ImageFormat(List<String> magics, String provider) {
        this.magics = magics;
        this.provider = provider;
    }

    /**
     * @param file all of it, or at least its first {@link #MAGIC_BYTES}
     * @param name begins the message of the exception
     * @throws InvalidFileException if no format begins so
     */
    static ImageFormat of(byte[] file, String name) {
        for (ImageFormat format : values()) {
            if (format.magics.stream().anyMatch(magic -> begins(file, magic))) {
                return format;
            }
        }
        OTHERS.forEach((magic, other) -> {
            if (begins(file, magic)) {
                throw new InvalidFileException(name + ": " + other + " image, which is not read: convert it to PNG, JPEG or WebP");
            }
        });
        throw new InvalidFileException(name + ": not a PNG, JPEG, GIF, BMP, WebP or TIFF image");
    }

    private static boolean begins(byte[] file, String magic) {
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
