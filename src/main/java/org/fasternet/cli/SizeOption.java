package org.fasternet.cli;

import org.fasternet.Preprocessing;
import org.fasternet.SessionOptions.Size;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The size of the input. */
final class SizeOption {
    @Option(names = "--size", paramLabel = "HxW", converter = Converter.class,
            description = "Rows and columns of the input, or both in one number (default: the model's).")
    private Size size;

    /** The size that was asked for, else the model's. */
    Size of(Preprocessing images) {
        return size == null ? new Size(images.height(), images.width()) : size;
    }

    /** {@code 224} or {@code 192x256}, rows first. */
    static final class Converter implements ITypeConverter<Size> {
        @Override
        public Size convert(String text) {
            String[] sides = text.split("x", -1);
            try {
                int height = Integer.parseInt(sides[0]);
                int width = Integer.parseInt(sides[sides.length - 1]);
                if (sides.length <= 2 && height >= 1 && width >= 1) {
                    return new Size(height, width);
                }
            } catch (NumberFormatException e) {
                // The sentence below says what is expected.
            }
            throw new TypeConversionException("'" + text + "' is neither a size like 224 nor HEIGHTxWIDTH");
        }
    }
}
