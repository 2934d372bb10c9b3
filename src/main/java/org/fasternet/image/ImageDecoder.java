package org.fasternet.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.IIOException;
import javax.imageio.ImageReader;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;

/**
 * Decodes image files with ImageIO's readers, taking samples from their rasters: ImageIO's own conversions would apply colour
 * profiles, and it has none for CMYK. Nothing global in ImageIO is changed.
 */
final class ImageDecoder {
    private ImageDecoder() {}

    /** @param name begins the message of an exception */
    static Image decode(byte[] file, String name, int channels) {
        ImageFormat format = ImageFormat.of(file, name);
        try {
            Image image = switch (format) {
                case JPEG -> decodeJpeg(file, channels);
                case GIF -> GifScreen.of(file).show(read(format, file), channels);
                case BMP -> decodeBmp(file, channels);
                case PNG -> toImage(read(format, file), channels);
                case WEBP -> decodeWebp(file, channels);
                case TIFF -> decodeTiff(file, channels);
            };
            return image.oriented(ExifOrientation.of(format, file));
        } catch (UnsupportedException e) {
            throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            // A damaged file makes ImageIO's readers throw whatever they run into: index, cast, negative size, null.
            throw new InvalidFileException(name + ": not a readable " + format + " image: " + reason(e), e);
        }
    }

    /** What a reader ran into is below what it throws: its own words are vague, and other exceptions' are not for readers. */
    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof OutOfMemoryError) {
            return "it needs more memory than the JVM may use";
        }
        if (root instanceof EOFException) {
            return "it ends too early";
        }
        return root instanceof IOException && root.getMessage() != null ? root.getMessage() : "it is damaged";
    }

    /** @throws IIOException if there are no pixels or more than {@link Image#MAX_PIXELS} */
    static void checkSize(int height, int width) throws IIOException {
        if (height < 1 || width < 1 || (long) height * width > Image.MAX_PIXELS) {
            throw new IIOException("it claims " + height + "x" + width + " pixels: at least 1x1 and at most " + Image.MAX_PIXELS
                    + " pixels are read");
        }
    }

    private interface Reading<T> {
        T from(ImageReader reader) throws IOException;
    }

    /** Lets a reader decode after it has read no more than the header, and found a size that is allowed. */
    private static <T> T read(ImageFormat format, ByteArrayImageInputStream in, Reading<T> decoded) throws IOException {
        ImageReader reader = format.createReader();
        try {
            reader.setInput(in, true, true);
            checkSize(reader.getHeight(0), reader.getWidth(0));
            return decoded.from(reader);
        } finally {
            reader.dispose();
        }
    }

    private static BufferedImage read(ImageFormat format, byte[] file) throws IOException {
        return read(format, new ByteArrayImageInputStream(file), reader -> reader.read(0));
    }

    private static Image decodeJpeg(byte[] file, int channels) throws IOException {
        ByteArrayImageInputStream in = new ByteArrayImageInputStream(file);
        Raster raster = read(ImageFormat.JPEG, in, reader -> reader.readRaster(0, null));
        // The reader makes up what is missing in grey, and says so only in a localised warning.
        if (in.exhausted()) {
            throw new EOFException();
        }
        return JpegColor.of(file).convert(raster, channels);
    }

    private static Image decodeBmp(byte[] file, int channels) throws IOException {
        // The file inside would be decoded by whatever reader ImageIO finds, at whatever size.
        final int compression = 30;
        final int jpeg = 4;
        final int png = 5;
        if (file.length > compression && (file[compression] == jpeg || file[compression] == png)) {
            throw new IIOException("a JPEG or PNG image inside a BMP file is not read");
        }
        return toImage(read(ImageFormat.BMP, file), channels);
    }

    private static Image decodeWebp(byte[] file, int channels) throws IOException {
        WebpFile.checkFrames(file);
        return toImage(read(ImageFormat.WEBP, WebpFile.withoutProfile(file)), channels);
    }

    private static Image decodeTiff(byte[] file, int channels) throws IOException {
        BufferedImage image = read(ImageFormat.TIFF, file);
        requireIntegers(image);
        TiffTags tags = TiffTags.of(ByteBuffer.wrap(file)).orElseThrow(() -> new IIOException("it has no directory"));
        return ExifOrientation.upright(convertTiff(image, tags.shorts(TiffTags.COLOR_MAP), channels), tags.orientation());
    }

    private static Image convertTiff(BufferedImage image, int[] colorMap, int channels) throws IIOException {
        if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
            return JpegColor.INKS.convert(image.getRaster(), channels);
        }
        if (image.getColorModel() instanceof IndexColorModel palette && colorMap.length == 3 << palette.getPixelSize()) {
            // All reds, all greens, all blues, of 16 bits; the reader rounds them to 8, and PIL takes the high ones.
            int colors = colorMap.length / 3;
            return ((SampleConverter) (samples, at) -> SampleConverter.pack(colorMap[samples[at]] >> 8,
                    colorMap[colors + samples[at]] >> 8, colorMap[2 * colors + samples[at]] >> 8))
                    .convert(image.getRaster(), channels);
        }
        return toImage(image, channels);
    }

    static Image of(BufferedImage image, int channels) {
        if ((long) image.getHeight() * image.getWidth() > Image.MAX_PIXELS) {
            throw new ShapeException(image.getHeight() + "x" + image.getWidth() + " pixels: at most " + Image.MAX_PIXELS
                    + " are taken");
        }
        try {
            requireIntegers(image);
            int space = image.getColorModel().getColorSpace().getType();
            if (space != ColorSpace.TYPE_RGB && space != ColorSpace.TYPE_GRAY) {
                throw new IIOException("its colour space is neither RGB nor grey");
            }
            return toImage(image, channels);
        } catch (IIOException e) {
            throw new ShapeException("an image cannot be taken: " + e.getMessage());
        }
    }

    private static void requireIntegers(BufferedImage image) throws IIOException {
        int type = image.getSampleModel().getDataType();
        if (type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE) {
            throw new IIOException("samples of floating point are not read");
        }
    }

    private static Image toImage(BufferedImage image, int channels) throws IIOException {
        SampleConverter converter = image.getColorModel() instanceof IndexColorModel palette
                ? SampleConverter.palette(palette)
                : SampleConverter.greyOrRgb(image.getSampleModel());
        return converter.convert(image.getRaster(), channels);
    }
}
