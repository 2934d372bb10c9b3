package org.fasternet.tools.bench.peak;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fasternet.error.UnsupportedException;

/**
 * The most operations per second that a program can reach by the operations it does on each byte it moves: Williams, Waterman,
 * Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 52(4), 2009.
 *
 * @param peak operations per second on registers, in any unit
 * @param bandwidths bytes per second of each level in the same unit, nearest first, by its name in {@link WorkingSet#level}
 */
public record Roofline(double peak, Map<String, Double> bandwidths) {
    public Roofline {
        bandwidths = Collections.unmodifiableMap(new LinkedHashMap<>(bandwidths));
    }

    /**
     * The lesser of the peak and what the level's bandwidth feeds, in that unit.
     *
     * @param intensity operations per byte moved from and to the level
     * @throws UnsupportedException if there is no bandwidth of that level
     */
    public double attainable(String level, double intensity) {
        return Math.min(peak, bandwidth(level) * intensity);
    }

    /** The least intensity, in operations per byte, at which a program whose data come from the level can reach the peak. */
    public double ridge(String level) {
        return peak / bandwidth(level);
    }

    private double bandwidth(String level) {
        Double bandwidth = bandwidths.get(level);
        if (bandwidth == null) {
            throw new UnsupportedException(
                    "the roofline has no level '" + level + "': it has " + String.join(", ", bandwidths.keySet()));
        }
        return bandwidth;
    }
}
