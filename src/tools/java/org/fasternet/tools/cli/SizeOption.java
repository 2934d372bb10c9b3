package org.fasternet.tools.cli;

import org.fasternet.SessionOptions.Size;
import org.fasternet.image.Preprocessing;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The size of the input. */
public final class SizeOption {
    @Option(names = "--size", paramLabel = "HxW", converter = Converter.class,
            description = "Rows and columns of the input, or both in one number (default: the model's).")
    private Size size;

    /** The size that was asked for, else the model's. */
    Size of(Preprocessing images) {
        return size == null ? new Size(images.height(), images.width()) : size;
    }

    /**
     * {@code 224} or {@code 192x256}, rows first. Whether such a size is possible is not a matter of spelling.
     *
     * @throws TypeConversionException if it is neither
     */
    public static Size parse(String text) {
        String[] sides = text.split("x", -1);
        try {
            if (sides.length <= 2) {
                return new Size(Integer.parseInt(sides[0]), Integer.parseInt(sides[sides.length - 1]));
            }
        } catch (NumberFormatException e) {
            // The sentence below says what is expected.
        }
        throw new TypeConversionException("'" + text + "' is neither a size like 224 nor HEIGHTxWIDTH");
    }

    public static final class Converter implements ITypeConverter<Size> {
        @Override
        public Size convert(String text) {
            return parse(text);
        }
    }
}
