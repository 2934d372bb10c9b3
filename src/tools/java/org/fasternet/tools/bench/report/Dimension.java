package org.fasternet.tools.bench.report;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** What distinguishes one measurement of a report from another, in the order of a table's columns. */
public enum Dimension {
    SCENARIO("LoadGen's scenario"),
    BOUND("latency that 99 % of Server's queries must be within"),
    RATE("queries per second that Server was given"),
    MODEL("variant, or file with the weights"),
    OPERATOR("operator, as in the paper"),
    CACHES("hot, or cold: what the run reads is in no cache before"),
    SHAPE("source, N x C x H x W"),
    OUTPUTS("channels of the result"),
    KIND("what a peak is a peak of: multiply-adds, a product of matrices, or a way to move memory"),
    LEVEL("level of the memory hierarchy"),
    PEER("library that computes"),
    BACKEND("back end that computes"),
    ISA("instruction set"),
    PRECISION("what numbers are stored and multiplied in"),
    BATCH("images in one run"),
    SIZE("rows x columns of an image"),
    THREADS("threads of one run"),
    SESSIONS("sessions that serve concurrently"),
    STEP("step of the network: the layer and its part");

    private final String description;

    Dimension(String description) {
        this.description = description;
    }

    /** The name in JSON, CSV and tables. */
    @JsonValue
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it is, as part of a sentence. */
    public String description() {
        return description;
    }

    /** @throws IllegalArgumentException if there is no dimension of that identifier */
    @JsonCreator
    public static Dimension of(String id) {
        return Arrays.stream(values()).filter(dimension -> dimension.id().equals(id)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no dimension is called '" + id + "'"));
    }
}
