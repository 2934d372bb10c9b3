package org.fasternet.tools.bench.load;

import java.nio.file.Path;

/**
 * An image whose class is known.
 *
 * @param label the class, counted from 0
 */
public record LabelledImage(Path file, int label) {}
