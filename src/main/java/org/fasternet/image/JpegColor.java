package org.fasternet.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.IIOException;

/**
 * What the components of a JPEG file mean, decided from its markers as libjpeg does: JFIF is YCbCr; Adobe's APP14 segment says
 * which transform was used; without either, components named R, G, B are RGB. Four components are inverted inks, as Adobe writes
 * them (PIL takes them so in any case).
 */
final class JpegColor {
    /** Four bands of 8 bits, 0 is no ink. */
    static final SampleConverter INKS =
            (samples, at) -> underBlack(samples[at], samples[at + 1], samples[at + 2], 255 - samples[at + 3]);

    private static final int SOS = 0xda;
    private static final int APP0 = 0xe0;
    private static final int APP14 = 0xee;

    private static final int NO_ADOBE = -1;
    private static final int ADOBE_NO_TRANSFORM = 0;

    private boolean jfif;
    private int adobeTransform = NO_ADOBE;
    private byte[] componentIds = {};

    private JpegColor() {}

    /** @throws IIOException if the file has no complete header, or has two or more than four components */
    static SampleConverter of(byte[] file) throws IIOException {
        JpegColor color = new JpegColor();
        int at = 2;
        while (true) {
            while (at + 1 < file.length && !(file[at] == -1 && file[at + 1] != -1)) {
                at++;
            }
            if (at + 4 > file.length) {
                throw new IIOException("it ends within the header");
            }
            int marker = file[at + 1] & 0xff;
            if (marker == SOS) {
                return color.converter();
            }
            int length = (file[at + 2] & 0xff) << 8 | file[at + 3] & 0xff;
            color.segment(marker, Arrays.copyOfRange(file, at + 4, at + Math.max(4, 2 + length)));
            at += 2 + length;
        }
    }

    private void segment(int marker, byte[] body) {
        if (marker == APP0) {
            jfif |= begins(body, "JFIF\0");
        } else if (marker == APP14 && begins(body, "Adobe") && body.length >= 12) {
            adobeTransform = body[11] & 0xff;
        } else if (isFrame(marker) && body.length >= 6) {
            // Precision, height and width; the number of components; then per component its id and two other bytes.
            componentIds = new byte[Math.min(body[5] & 0xff, (body.length - 6) / 3)];
            for (int i = 0; i < componentIds.length; i++) {
                componentIds[i] = body[6 + 3 * i];
            }
        }
    }

    /** SOF0 to SOF15, less DHT, JPG and DAC, which lie among them. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static boolean begins(byte[] body, String text) {
        return new String(body, 0, Math.min(body.length, text.length()), StandardCharsets.ISO_8859_1).equals(text);
    }

    private SampleConverter converter() throws IIOException {
        return switch (componentIds.length) {
            case 1 -> SampleConverter.GREY;
            case 3 -> isRgb() ? JpegColor::rgb : JpegColor::ycc;
            case 4 -> adobeTransform == NO_ADOBE || adobeTransform == ADOBE_NO_TRANSFORM ? JpegColor::cmyk : JpegColor::ycck;
            default -> throw new IIOException(componentIds.length + " components: 1, 3 or 4 are read");
        };
    }

    private boolean isRgb() {
        if (jfif) {
            return false;
        }
        return adobeTransform == NO_ADOBE
                ? Arrays.equals(componentIds, new byte[] {'R', 'G', 'B'})
                : adobeTransform == ADOBE_NO_TRANSFORM;
    }

    private static int rgb(int[] samples, int at) {
        return SampleConverter.pack(samples[at], samples[at + 1], samples[at + 2]);
    }

    /** JFIF 1.02: R = Y + 1.402 Cr, G = Y - 0.34414 Cb - 0.71414 Cr, B = Y + 1.772 Cb, with 16 fraction bits and rounded. */
    private static int ycc(int[] samples, int at) {
        int y = (samples[at] << 16) + 0x8000;
        int cb = samples[at + 1] - 128;
        int cr = samples[at + 2] - 128;
        int green = y - 22554 * cb - 46802 * cr;
        return SampleConverter.pack(clip(y + 91881 * cr >> 16), clip(green >> 16), clip(y + 116130 * cb >> 16));
    }

    /** Inverted: 255 is no ink. */
    private static int cmyk(int[] samples, int at) {
        return underBlack(255 - samples[at], 255 - samples[at + 1], 255 - samples[at + 2], samples[at + 3]);
    }

    /** The inks were transformed as if they were R, G and B. */
    private static int ycck(int[] samples, int at) {
        int inks = ycc(samples, at);
        return underBlack(inks >> 16 & 0xff, inks >> 8 & 0xff, inks & 0xff, samples[at + 3]);
    }

    /** Each colour is the light that black lets pass, less the part its ink takes. */
    private static int underBlack(int c, int m, int y, int light) {
        return SampleConverter.pack(light - product(c, light), light - product(m, light), light - product(y, light));
    }

    /** a b / 255, rounded. */
    private static int product(int a, int b) {
        return (a * b + 127) / 255;
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }
}
