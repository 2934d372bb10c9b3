package org.fasternet.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.util.Arrays;
import javax.imageio.IIOException;

/**
 * Where a GIF file's first frame lies on its screen, which ImageIO tells only as a DOM tree. As in PIL, a frame that does not fit
 * enlarges the screen, what it leaves free has the colour of its transparent index, or else of index 0, and without any palette
 * an index is a shade of grey.
 */
final class GifScreen {
    private static final int SCREEN_FLAGS = 10;
    private static final int FIRST_BLOCK = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int IMAGE = 0x2c;

    private final byte[] file;
    private int background;
    private boolean hasPalette;
    private int left;
    private int top;

    private GifScreen(byte[] file) {
        this.file = file;
    }

    /** @throws IIOException if there is no frame */
    static GifScreen of(byte[] file) throws IIOException {
        GifScreen screen = new GifScreen(file);
        screen.hasPalette = hasTable(file[SCREEN_FLAGS]);
        // The first block is behind the header, the screen descriptor and the global palette.
        int at = FIRST_BLOCK + (screen.hasPalette ? 3 << (file[SCREEN_FLAGS] & 7) + 1 : 0);
        while (at < file.length && file[at] == EXTENSION) {
            screen.extension(at);
            at = screen.skipExtension(at);
        }
        if (at + 10 > file.length || file[at] != IMAGE) {
            throw new IIOException("it has no image");
        }
        screen.left = screen.u16(at + 1);
        screen.top = screen.u16(at + 3);
        screen.hasPalette |= hasTable(file[at + 9]);
        return screen;
    }

    /** The top bit of the flags of a screen or image descriptor: a palette follows. */
    private static boolean hasTable(byte flags) {
        return flags < 0;
    }

    private int u16(int at) {
        return file[at] & 0xff | (file[at + 1] & 0xff) << 8;
    }

    private void extension(int at) {
        if ((file[at + 1] & 0xff) == GRAPHIC_CONTROL) {
            boolean transparent = (file[at + 3] & 1) != 0;
            background = transparent ? file[at + 6] & 0xff : 0;
        }
    }

    /** Behind the sub-blocks, each with its length before it, and the empty one that ends them. */
    private int skipExtension(int at) {
        int next = at + 2;
        while (file[next] != 0) {
            next += 1 + (file[next] & 0xff);
        }
        return next + 1;
    }

    /** @throws IIOException if the screen is too large */
    Image show(BufferedImage frame, int channels) throws IIOException {
        int width = Math.max(u16(6), left + frame.getWidth());
        int height = Math.max(u16(8), top + frame.getHeight());
        ImageDecoder.checkSize(height, width);
        WritableRaster screen = frame.getRaster().createCompatibleWritableRaster(width, height);
        int[] row = new int[width];
        Arrays.fill(row, background);
        for (int y = 0; y < height; y++) {
            screen.setSamples(0, y, width, 1, 0, row);
        }
        screen.setRect(left, top, frame.getRaster());
        return colors(frame).convert(screen, channels);
    }

    private SampleConverter colors(BufferedImage frame) {
        return hasPalette ? SampleConverter.palette((IndexColorModel) frame.getColorModel()) : SampleConverter.GREY;
    }
}
