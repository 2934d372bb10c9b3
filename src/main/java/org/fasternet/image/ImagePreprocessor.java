package org.fasternet.image;

import java.nio.FloatBuffer;
import org.fasternet.error.ShapeException;

/** Makes an image the input of a network, as its {@link Preprocessing} says. Immutable, and shared by threads freely. */
public final class ImagePreprocessor {
    private final Preprocessing preprocessing;
    /** [channel][byte]: what a pixel becomes. */
    private final float[][] normalized;

    public ImagePreprocessor(Preprocessing preprocessing) {
        this.preprocessing = preprocessing;
        this.normalized = new float[preprocessing.mean().size()][256];
        for (int c = 0; c < normalized.length; c++) {
            float mean = preprocessing.mean().get(c).floatValue();
            float std = preprocessing.std().get(c).floatValue();
            for (int p = 0; p < 256; p++) {
                // In the order and precision of torch's ToTensor and Normalize: not a bit differs.
                normalized[c][p] = (p / 255f - mean) / std;
            }
        }
    }

    /**
     * Resizes and crops the centre to the network's height x width, keeping the aspect ratio; the bytes are still 0..255.
     *
     * <p>A square input is torchvision's {@code Resize(floor(size / cropFraction))}, {@code CenterCrop(size)}: the shorter side
     * becomes that size and the other one is truncated. A non-square input is timm's crop mode "center": the image is resized to
     * the smallest size that covers {@code floor(height / cropFraction)} x {@code floor(width / cropFraction)}, rounded half to
     * even (timm falls back to bilinear there; here the filter is the one asked for).
     *
     * @throws ShapeException if the image is so elongated that resizing makes a side longer than 2^31 - 1
     */
    public Image prepare(Image image) {
        double height = Math.floor(preprocessing.height() / preprocessing.cropFraction());
        double width = Math.floor(preprocessing.width() / preprocessing.cropFraction());
        if (height == width) {
            double shorter = Math.min(image.height(), image.width());
            return resizeAndCrop(image, height * image.height() / shorter, width * image.width() / shorter);
        }
        double ratio = Math.min(image.height() / height, image.width() / width);
        return resizeAndCrop(image, Math.rint(image.height() / ratio), Math.rint(image.width() / ratio));
    }

    /** Only what the crop keeps is computed: an image of 1x10000 would become one of 248x2480000 on the way. */
    private Image resizeAndCrop(Image image, double height, double width) {
        if (height > Integer.MAX_VALUE || width > Integer.MAX_VALUE) {
            throw new ShapeException(image + " resized for an input of " + preprocessing.height() + "x" + preprocessing.width()
                    + " has a side of more than 2^31 - 1 pixels");
        }
        return Resampling.resample(
                image,
                centerTaps(image.height(), (int) height, preprocessing.height()),
                centerTaps(image.width(), (int) width, preprocessing.width()));
    }

    private ResamplingTaps centerTaps(int src, int dst, int crop) {
        return ResamplingTaps.of(src, dst, Image.centerOffset(dst, crop), crop, preprocessing.interpolation());
    }

    /**
     * Writes (p / 255 - mean) / std of every pixel as C x H x W f32 values at the buffer's position, which moves behind them.
     *
     * @param image as many channels as mean and std have, any size
     * @throws ShapeException if the channels differ or the buffer has too little room
     */
    public void normalize(Image image, FloatBuffer dst) {
        int channels = image.channels();
        byte[] pixels = image.pixels();
        if (channels != normalized.length) {
            throw new ShapeException(image + " has " + channels + " channels, mean and std have " + normalized.length);
        }
        if (dst.remaining() < pixels.length) {
            throw new ShapeException(image + " needs room for " + pixels.length + " values, the buffer has " + dst.remaining());
        }
        for (int c = 0; c < channels; c++) {
            for (int i = c; i < pixels.length; i += channels) {
                dst.put(normalized[c][pixels[i] & 0xff]);
            }
        }
    }
}
