package org.fasternet.image;

import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing.Interpolation;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;

/**
 * An 8-bit image: H x W x C bytes, row-major, C is 1 (grey) or 3 (RGB). Immutable, and shared by threads freely.
 *
 * <p>The array is owned by the image and shared, not copied: whoever passes one in or reads one out must not write to it.
 */
public final class Image {
    /** More pixels than this are not decoded: 2^27, a little below the 178 million at which PIL refuses. */
    public static final int MAX_PIXELS = 1 << 27;

    /** A longer file is not read: an uncompressed image of {@link #MAX_PIXELS} RGB pixels fits. */
    private static final int MAX_FILE_BYTES = 1 << 29;

    private final int height;
    private final int width;
    private final int channels;
    private final byte[] pixels;
    private final int orientation;

    /**
     * @param pixels H x W x C bytes, row-major
     * @throws ShapeException if a size is below 1, {@code channels} is neither 1 nor 3, or {@code pixels} has another length
     */
    public Image(int height, int width, int channels, byte[] pixels) {
        this(height, width, channels, pixels, 1);
    }

    private Image(int height, int width, int channels, byte[] pixels, int orientation) {
        checkChannels(channels);
        if (elements(height, width, channels) != pixels.length) {
            throw new ShapeException("an image of " + height + "x" + width + "x" + channels + " has "
                    + elements(height, width, channels) + " bytes, not " + pixels.length);
        }
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.pixels = pixels;
        this.orientation = orientation;
    }

    /** The same pixels, said to lie in the world as EXIF's orientation says. */
    Image oriented(int exifOrientation) {
        return exifOrientation == orientation ? this : new Image(height, width, channels, pixels, exifOrientation);
    }

    /**
     * Reads a PNG, JPEG, GIF (its first frame), BMP, WebP or TIFF (its first page) file as PIL's
     * {@code Image.open(file).convert("RGB")} or {@code convert("L")} does: alpha is dropped without compositing,
     * palettes are looked up, EXIF orientation ({@link #upright} heeds it), gamma and ICC profiles are ignored. Samples
     * of 16 bits keep their high byte in every format, as PIL reads 16-bit RGB; 16-bit grey, which PIL clips at 255,
     * too.
     *
     * <p>Pixels of PNG, GIF, BMP, TIFF (but JPEG in TIFF) and lossless WebP equal PIL's, JPEG's differ by rounding at
     * most. Lossy WebP is close: its reader gives each pixel the chroma of its block of 2x2, where libwebp
     * interpolates. Grey levels differ by 2 at most; colours, in a photograph of qualities 50 to 90, by 0.6 to 0.8 on
     * average and at edges by up to 22. Of an animated WebP file the first frame comes without the rest of its screen.
     *
     * @param channels 3 for RGB, 1 for grey: (19595 R + 38470 G + 7471 B + 32768) / 65536
     * @throws InvalidFileException if the file cannot be read, is in no such format, is truncated or damaged, or has no pixels or
     *     more than {@link #MAX_PIXELS}; a damaged file that still decodes gives an image
     * @throws org.fasternet.error.UnsupportedException if the format's reader is missing from this Java runtime or class path
     */
    public static Image read(Path file, int channels) {
        checkChannels(channels);
        byte[] bytes = InputFile.read(file, size -> {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
                // Before all of a film is read.
                in.mark(ImageFormat.MAGIC_BYTES);
                ImageFormat.of(in.readNBytes(ImageFormat.MAGIC_BYTES), file.toString());
                in.reset();
                if (size > MAX_FILE_BYTES) {
                    throw new MalformedException(
                            "has " + size + " bytes; at most " + MAX_FILE_BYTES + " are expected of an image");
                }
                return in.readNBytes((int) size);
            }
        });
        return ImageDecoder.decode(bytes, file.toString(), channels);
    }

    /**
     * An image that Java has decoded, as {@link #read} would have: samples as they are in the raster, alpha dropped, no colour
     * space converted but the palette looked up.
     *
     * @param channels 3 for RGB, 1 for grey
     * @throws ShapeException if its samples are not integers of 1 to 4 channels, or it has more than {@link #MAX_PIXELS}
     */
    public static Image of(BufferedImage image, int channels) {
        checkChannels(channels);
        return ImageDecoder.of(image, channels);
    }

    /**
     * Reads an image file that is in memory already; otherwise as {@link #read}.
     *
     * @param name what an exception calls the file
     */
    public static Image decode(byte[] file, String name, int channels) {
        checkChannels(channels);
        return ImageDecoder.decode(file, name, channels);
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    public int channels() {
        return channels;
    }

    /**
     * EXIF's orientation, 1 to 8, of the file that was read: 1 is upright, and what an image has that comes from no file, as well
     * as every TIFF image, which is turned when it is read, as PIL does.
     */
    public int exifOrientation() {
        return orientation;
    }

    /**
     * The image turned and mirrored as its {@link #exifOrientation} says, equal to PIL's {@code ImageOps.exif_transpose};
     * torchvision, which the published accuracies were measured with, does not do so.
     */
    public Image upright() {
        return ExifOrientation.upright(this, orientation);
    }

    /** The pixels themselves, H x W x C row-major; not a copy. */
    public byte[] pixels() {
        return pixels;
    }

    /**
     * Resamples to the given size with antialiasing, equal to PIL's {@code Image.resize} bit for bit. (PIL 13 resamples some tall
     * images along the columns first, which this does not follow: there, roundings differ.)
     *
     * @throws ShapeException if a size is below 1, the result has more than {@link #MAX_PIXELS} pixels, or what lies between its
     *     two passes exceeds 2^31 - 1 bytes
     */
    public Image resize(int height, int width, Interpolation interpolation) {
        elements(height, width, channels);
        if ((long) height * width > MAX_PIXELS) {
            throw new ShapeException(this + " resized to " + height + "x" + width + " has more than " + MAX_PIXELS + " pixels");
        }
        return Resampling.resample(
                this,
                ResamplingTaps.of(this.height, height, 0, height, interpolation),
                ResamplingTaps.of(this.width, width, 0, width, interpolation));
    }

    /**
     * The centre of the image as torchvision's {@code CenterCrop} cuts it: where the image is smaller, zeros surround it, the odd
     * one below and right; the offset is rounded half to even.
     *
     * @throws ShapeException if a size is below 1 or the result exceeds 2^31 - 1 bytes
     */
    public Image centerCrop(int height, int width) {
        byte[] dst = new byte[elements(height, width, channels)];
        int top = centerOffset(this.height, height);
        int left = centerOffset(this.width, width);
        int from = Math.max(0, left);
        int columns = Math.min(this.width, left + width) - from;
        for (int y = Math.max(0, -top); y < Math.min(height, this.height - top); y++) {
            System.arraycopy(
                    pixels, ((y + top) * this.width + from) * channels,
                    dst, (y * width + from - left) * channels,
                    columns * channels);
        }
        return new Image(height, width, channels, dst);
    }

    /** Where a centred crop begins in {@code size} pixels; negative if it is larger. */
    static int centerOffset(int size, int crop) {
        return crop > size ? -((crop - size) / 2) : (int) Math.rint((size - crop) / 2.0);
    }

    static int elements(int height, int width, int channels) {
        if (height < 1 || width < 1) {
            throw new ShapeException("an image of " + height + "x" + width + " pixels: at least 1x1 is needed");
        }
        // Two factors below 2^31 and one below 4: no overflow of 64 bits.
        long elements = (long) height * width * channels;
        if (elements > Integer.MAX_VALUE) {
            throw new ShapeException("an image of " + height + "x" + width + "x" + channels + " has more than 2^31 - 1 bytes");
        }
        return (int) elements;
    }

    private static void checkChannels(int channels) {
        if (channels != 1 && channels != 3) {
            throw new ShapeException("an image of " + channels + " channels: 1 (grey) or 3 (RGB) are possible");
        }
    }

    @Override
    public String toString() {
        return "Image[" + height + "x" + width + "x" + channels + "]";
    }
}
