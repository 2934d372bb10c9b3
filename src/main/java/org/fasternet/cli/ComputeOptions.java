package org.fasternet.cli;

import org.fasternet.Precision;
import org.fasternet.SessionOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How the network is computed. */
final class ComputeOptions {
    @Option(names = "--backend", paramLabel = "auto|onednn", description = "What computes (default: ${DEFAULT-VALUE}).")
    private String backend = "auto";

    @Option(names = "--precision", paramLabel = "f32|bf16", description = "Computed in this precision (default: f32).")
    private Precision precision = Precision.F32;

    @Option(names = "--threads", paramLabel = "N", description = "Threads (default: as many as CPUs may be used).")
    private Integer threads;

    SessionOptions session() {
        SessionOptions options = SessionOptions.defaults().withBackend(backend).withPrecision(precision);
        return threads == null ? options : options.withThreads(threads);
    }

    /** {@code 224} or {@code 192x256}, rows first. */
    static final class SizeConverter implements ITypeConverter<SessionOptions.Size> {
        @Override
        public SessionOptions.Size convert(String text) {
            String[] sides = text.split("x", -1);
            try {
                int height = Integer.parseInt(sides[0]);
                int width = Integer.parseInt(sides[sides.length - 1]);
                if (sides.length <= 2 && height >= 1 && width >= 1) {
                    return new SessionOptions.Size(height, width);
                }
            } catch (NumberFormatException e) {
                // The sentence below says what is expected.
            }
            throw new TypeConversionException("'" + text + "' is neither a size like 224 nor HEIGHTxWIDTH");
        }
    }
}
